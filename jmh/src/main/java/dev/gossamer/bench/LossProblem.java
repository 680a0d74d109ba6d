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
    static final List<String> MODELS = List.of("cnn-cifar10", "resnet18");

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
     * @param seed of weights and order
     */
    record Settings(String model, int steps, int batch, float rate, float momentum, long seed) {

        Settings {
            if (!MODELS.contains(model)) {
                throw new IllegalArgumentException("--model " + model + " is none of " + MODELS);
            }
            if (steps < 1 || batch < 1 || !(rate > 0 && rate < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("--steps and --batch are at least 1, --rate is above 0");
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
        this.initial = spec.initial(settings.seed);
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

    /** Our losses, each before its step's update, on one thread. */
    double[] ours(Backend backend) {
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
        }
        return losses;
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
                settings.batch,
                settings.batch,
                new Sgd(settings.momentum, false, 0, 0));
    }

    /**
     * PyTorch's losses, on one thread.
     *
     * @param dtype {@code float32} or {@code float64}
     */
    double[] theirs(PyTorch torch, String dtype) {
        int samples = torch.ask(open(torch, dtype)).path("samples").asInt();
        if (samples != order.length) {
            throw new AssertionError("PyTorch's side reads " + samples + " samples, ours " + order.length);
        }
        double[] losses = new double[settings.steps];
        for (int step = 0; step < losses.length; step++) {
            JsonNode answer = torch.ask(Map.of("do", "step", "samples", batch(step)));
            losses[step] = answer.path("loss").asDouble(Double.NaN);
            tell("PyTorch " + dtype, step, losses[step]);
        }
        return losses;
    }

    private Map<String, Object> open(PyTorch torch, String dtype) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("do", "open");
        request.put("model", settings.model);
        request.put("dtype", dtype);
        request.put(
                "parameters",
                initial.tensors().stream()
                        .map(tensor -> List.of(tensor.name(), tensor.shape()))
                        .toList());
        request.put("values", torch.floats(StepProblem.flat(initial)));
        request.put("rate", settings.rate);
        request.put("momentum", settings.momentum);
        request.put("data", folder.toAbsolutePath().toString());
        return request;
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
