package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.Cifar10;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Normalisation;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.DropoutSpec;
import dev.gossamer.fl.nn.LayerSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.TrainingSession;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * The first steps of training a network of the zoo on CIFAR-10, here and in PyTorch ({@code pytorch_losses.py}), from the same
 * weights on the same batches. Nothing in it is random but weights and order, which are ours: images do not vary, and dropout
 * has the rate 0, as no two programs would drop the same activations.
 */
final class LossProblem implements AutoCloseable {

    static final String PROGRAM = "pytorch_losses.py";

    /** The networks that {@link #PROGRAM} knows. */
    static final List<String> MODELS = List.of("cnn-cifar10", "resnet18", "vgg16");

    /** Sets the order of samples apart from the other uses of the seed. */
    private static final long ORDER = 0x1055;

    /** Lines of progress for so many steps. */
    private static final int TOLD = 10;

    private final Settings settings;
    private final Path folder;
    private final Dataset data;
    private final ModelSpec spec;
    private final ModelState initial;
    private final int[] order;

    /**
     * What is trained, and how.
     *
     * @param model one of {@link #MODELS}
     * @param capacity batch size that our memory is made for: if it is more than {@code batch}, that is a last, partial one
     * @param density of the weights; what is outside the patterns is masked in PyTorch
     * @param seed of weights and order
     */
    record Settings(
            String model, int steps, int batch, int capacity, float rate, float momentum, double density, long seed) {

        Settings {
            if (!MODELS.contains(model)) {
                throw new IllegalArgumentException("--model " + model + " is none of " + MODELS);
            }
            if (steps < 1 || batch < 1 || !(rate > 0 && rate < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("--steps and --batch are at least 1, --rate is above 0");
            }
            if (capacity < batch) {
                throw new IllegalArgumentException("--capacity is at least the batch");
            }
            if (!(density > 0 && density <= 1)) {
                throw new IllegalArgumentException("--density is above 0 and at most 1");
            }
        }
    }

    /**
     * Loads the data.
     *
     * @param folder with the files of CIFAR-10, or a sub-folder that has them
     * @throws dev.gossamer.fl.data.DataException naming the files that are missing
     */
    LossProblem(Settings settings, Path folder) {
        this.settings = settings;
        this.folder = folder;
        this.data = Cifar10.load(folder);
        this.spec = withoutDropout(Models.named(settings.model, data.one(), data.classes()));
        this.initial = ModelProblem.pruned(spec.initial(settings.seed), settings.density);
        this.order = IntStream.range(0, data.train().count()).toArray();
        SplitMix64.of(settings.seed, ORDER).shuffle(order);
    }

    private static ModelSpec withoutDropout(ModelSpec spec) {
        List<LayerSpec> layers = spec.layers().stream()
                .map(layer -> layer instanceof DropoutSpec dropout ? new DropoutSpec(dropout.name(), 0) : layer)
                .toList();
        return new ModelSpec(spec.name(), spec.input(), layers, spec.initializer());
    }

    /** The samples of a step, counted from 0; after the last sample comes the first one again. */
    private int[] batch(int step) {
        return IntStream.range(0, settings.batch)
                .map(i -> order[(int) (((long) step * settings.batch + i) % order.length)])
                .toArray();
    }

    /**
     * What training gave.
     *
     * @param losses each before its step's update
     * @param left gradients of the last step, then all parameters, each in the model's order and without what is outside a
     *     pattern; empty if nobody asked for them
     */
    @SuppressWarnings("ArrayRecordComponent") // read only, never compared
    record Run(double[] losses, double[] left) {}

    /**
     * Ours, on one thread.
     *
     * @param left whether gradients and parameters are wanted
     */
    private Run ours(Backend backend, boolean left) {
        double[] losses = new double[settings.steps];
        try (Workspace workspace = backend.workspace(1)) {
            Network network = new Network(workspace, spec);
            network.load(initial);
            try (TrainingSession session = session(workspace, network)) {
                session.begin(settings.rate);
                for (int step = 0; step < losses.length; step++) {
                    session.trainEpoch(MemorySegment.ofArray(batch(step)), settings.batch);
                    losses[step] = session.lastEpoch().loss();
                    tell(backend.name(), step, losses[step]);
                }
            }
            return new Run(losses, left ? flat(network.gradients(), network.state()) : new double[0]);
        }
    }

    private static double[] flat(ModelState... states) {
        return Arrays.stream(states)
                .flatMapToDouble(state -> {
                    float[] values = StepProblem.flat(state);
                    return IntStream.range(0, values.length).mapToDouble(i -> values[i]);
                })
                .toArray();
    }

    private TrainingSession session(Workspace workspace, Network network) {
        return new TrainingSession(
                network,
                workspace.samples(
                        data.train().images(),
                        data.train().labels(),
                        data.one(),
                        data.train().count()),
                Normalisation.CIFAR.transform(data.train()),
                settings.capacity,
                settings.capacity,
                new Sgd(settings.momentum, false, 0, 0));
    }

    /** A way to compute in PyTorch. */
    private enum Peer {
        /** Convolutions by oneDNN. */
        FLOAT32("float32", true),
        /** Convolutions as products with copies of the input (im2col), which add in another order. */
        UNFOLDED("float32", false),
        FLOAT64("float64", false);

        private final String dtype;
        private final boolean oneDnn;

        Peer(String dtype, boolean oneDnn) {
            this.dtype = dtype;
            this.oneDnn = oneDnn;
        }
    }

    /**
     * PyTorch's, on one thread.
     *
     * @param left whether gradients and parameters are wanted
     */
    private Run theirs(PyTorch torch, Peer peer, boolean left) {
        int samples = torch.ask(open(torch, peer)).path("samples").asInt();
        if (samples != order.length) {
            throw new AssertionError("PyTorch's side reads " + samples + " samples, ours " + order.length);
        }
        double[] losses = new double[settings.steps];
        for (int step = 0; step < losses.length; step++) {
            JsonNode answer = torch.ask(Map.of("do", "step", "samples", batch(step)));
            losses[step] = answer.path("loss").asDouble(Double.NaN);
            tell("PyTorch " + peer.name().toLowerCase(Locale.ROOT), step, losses[step]);
        }
        return new Run(losses, left ? torch.doubles(Map.of("do", "left")) : new double[0]);
    }

    private Map<String, Object> open(PyTorch torch, Peer peer) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("do", "open");
        request.put("model", settings.model);
        request.put("dtype", peer.dtype);
        request.put("onednn", peer.oneDnn);
        request.put(
                "parameters",
                initial.tensors().stream()
                        .map(tensor -> List.of(tensor.name(), tensor.shape()))
                        .toList());
        request.put("values", torch.floats(ModelProblem.whole(initial)));
        request.put("sparse", settings.density < 1);
        request.put("rate", settings.rate);
        request.put("momentum", settings.momentum);
        request.put("data", folder.toAbsolutePath().toString());
        return request;
    }

    /**
     * Trains in all four ways and compares gradients of the last step and what the steps changed.
     *
     * @param to takes the comparison
     */
    void compareTensors(Backend backend, PyTorch torch, TensorErrors to) {
        to.add(
                spec.trainedNames(),
                initial,
                ours(backend, true),
                theirs(torch, Peer.FLOAT32, true),
                theirs(torch, Peer.UNFOLDED, true),
                theirs(torch, Peer.FLOAT64, true));
    }

    /** Trains in all four ways. */
    LossCurves curves(Backend backend, PyTorch torch) {
        return new LossCurves(
                ours(backend, false).losses,
                theirs(torch, Peer.FLOAT32, false).losses,
                theirs(torch, Peer.UNFOLDED, false).losses,
                theirs(torch, Peer.FLOAT64, false).losses);
    }

    /** A line now and then, so that a person sees that it goes on. */
    private void tell(String who, int step, double loss) {
        if ((step + 1) % Math.max(1, settings.steps / TOLD) == 0) {
            System.err.printf(Locale.ROOT, "# %s, step %d of %d: loss %.6f%n", who, step + 1, settings.steps, loss);
        }
    }

    @Override
    public void close() {
        data.close();
    }
}
