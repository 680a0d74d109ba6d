package dev.gossamer.bench;

import dev.gossamer.bench.PyTorch.ImageLayout;
import dev.gossamer.bench.ServeModel.Masks;
import dev.gossamer.bench.ServeRow.Load;
import dev.gossamer.bench.Serving.Served;
import dev.gossamer.bench.results.Json;
import dev.gossamer.bench.results.Machine;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.export.OnnxExport;
import dev.gossamer.fl.export.PortableModel;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.sparsity.Masking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench serving}. */
@Command(
        name = "serving",
        mixinStandardHelpOptions = true,
        description = {
            "Inference, in the form of FedSparsify's Table 1: milliseconds for a batch, batches in the time, images in a second, size"
                    + " on disk, of the sparse model, the dense one, ONNX Runtime and PyTorch, turn by turn.",
            "Models are those of runs, or initial ones of the zoo, pruned by magnitude."
        },
        footer = {"", "Example: gossamer bench serving --model cnn-cifar10 --sparsity 0,0.9,0.99 --seconds 10"})
final class ServeCommand implements Callable<Integer> {

    /** Ours, with the zeros multiplied. */
    private static final String DENSE = "gossamer-dense";

    private static final String SPARSE = "gossamer";
    private static final String ONNX_RUNTIME = "onnxruntime";
    private static final String TORCH = "pytorch-jit";
    private static final String TORCH_NHWC = "pytorch-jit-nhwc";
    private static final List<String> ENGINES = List.of(DENSE, SPARSE, ONNX_RUNTIME, TORCH, TORCH_NHWC);

    /** FedSparsify's tables 1 and 2: the dense model's latency over the sparse one's, both of DeepSparse. */
    private static final Map<String, Map<Double, Double>> PUBLISHED = Map.of(
            "cnn-cifar10", Map.of(.8, 1.88, .85, 2.25, .9, 2.67, .95, 3.59, .99, 4.25),
            "vgg16", Map.of(.9, 3.06, .95, 3.91, .99, 8.06),
            "mlp", Map.of(.8, 1.01, .85, 1.02, .9, 1.03, .95, 1.03, .99, 1.05));

    @Parameters(arity = "0..*", paramLabel = "DIR", description = "Directories of runs that are complete.")
    private List<Path> runs = List.of();

    @Mixin
    private BackendOption backend = new BackendOption();

    @Option(
            names = "--model",
            paramLabel = "NAME",
            split = ",",
            description = {"Models of the zoo, where no DIR is given.", "Default: cnn-cifar10,vgg16"})
    private List<String> models = List.of();

    @Option(
            names = "--sparsity",
            paramLabel = "X",
            split = ",",
            description = {"Of models of the zoo.", "Default: 0,.9,.95,.99"})
    private List<Double> sparsities = List.of(0., .9, .95, .99);

    @Option(
            names = "--masks",
            paramLabel = "NAME",
            defaultValue = "MAGNITUDE",
            description = {
                "Of models of the zoo: magnitude, the smallest of all that is trained go, or uniform, the same share of each layer.",
                "Default: magnitude"
            })
    private Masks masks = Masks.MAGNITUDE;

    @Option(
            names = "--engines",
            paramLabel = "NAME",
            split = ",",
            description = {
                "Of gossamer-dense, gossamer, onnxruntime, pytorch-jit and, for images with the channels last, pytorch-jit-nhwc.",
                "Default: those that are here"
            })
    private List<String> engines = List.of();

    @Mixin
    private PythonOption python = new PythonOption();

    @Option(
            names = "--batch",
            paramLabel = "N",
            split = ",",
            description = {"Images in a batch.", "Default: that of the tables, 32 for MLPs and 128 for others, and 1"})
    private List<Integer> batches = List.of();

    @Option(
            names = "--streams",
            paramLabel = "N",
            split = ",",
            description = {"Batches that are asked for at the same time.", "Default: 1, and as many as there are cores"
            })
    private List<Integer> streams = List.of();

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = {"Threads that share a batch.", "Default: ${DEFAULT-VALUE}"})
    private int threads;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "60",
            description = {"Measured, of each engine in each row.", "Default: ${DEFAULT-VALUE}"})
    private double seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "10",
            description = {"Before that.", "Default: ${DEFAULT-VALUE}"})
    private double warmUp;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the machine and the rows there.")
    private @Nullable Path json;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write the rows there.")
    private @Nullable Path csv;

    /** A model, and what was asked for. */
    private record Case(ServeModel model, double sparsity) {}

    @Override
    public Integer call() throws MissingPeerException {
        check();
        Json.check(json);
        python.requireWhereNamed();
        Map<String, Object> machine = Machine.facts();
        Backends.Choice choice = backend.open();
        List<ServeRow> rows = new ArrayList<>();
        try (Backend engine = choice.backend()) {
            machine.put("backend", engine.name() + ": " + engine.device());
            machine.put("peers", peers());
            System.out.print(Machine.text(machine));
            System.out.println(ServeRow.head());
            for (Case one : cases()) {
                for (Load load : loads(one.model)) {
                    measure(engine, one, load).forEach(row -> {
                        System.out.println(row.line());
                        rows.add(row);
                    });
                }
            }
        }
        write(machine, rows);
        return ExitCode.OK;
    }

    /** Who of the peers is there; the others leave the engines. */
    private String peers() {
        List<String> asked = engines.isEmpty() ? ENGINES : engines;
        List<String> there = new ArrayList<>(asked);
        List<String> told = new ArrayList<>();
        if (there.contains(ONNX_RUNTIME)) {
            String objection = OnnxRuntime.objection();
            told.add(objection == null ? OnnxRuntime.version() : objection);
            there.removeIf(name -> objection != null && name.equals(ONNX_RUNTIME));
        }
        if (there.contains(TORCH) || there.contains(TORCH_NHWC)) {
            try (PyTorch torch = PyTorch.start(python.interpreter())) {
                told.add(torch.version());
            } catch (MissingPeerException e) {
                told.add(String.valueOf(e.getMessage()));
                there.removeAll(List.of(TORCH, TORCH_NHWC));
            }
        }
        engines = there;
        return String.join("; ", told);
    }

    private void check() {
        if (!ENGINES.containsAll(engines)) {
            throw new IllegalArgumentException("--engines is of " + ENGINES + ", got " + engines);
        }
        if (!runs.isEmpty() && !models.isEmpty()) {
            throw new IllegalArgumentException("Give directories of runs or --model, not both");
        }
        if (!Models.NAMES.containsAll(models)) {
            throw new IllegalArgumentException("--model is of " + Models.NAMES + ", got " + models);
        }
        if (sparsities.isEmpty() || !sparsities.stream().allMatch(sparsity -> sparsity >= 0 && sparsity < 1)) {
            throw new IllegalArgumentException("--sparsity is at least 0 and below 1, got " + sparsities);
        }
        if (threads < 1 || !atLeastOne(batches) || !atLeastOne(streams)) {
            throw new IllegalArgumentException("--batch, --streams and --threads are whole numbers of at least 1");
        }
        if (!(seconds > 0 && warmUp >= 0)) {
            throw new IllegalArgumentException("--seconds is above 0 and --warm-up at least 0");
        }
    }

    private static boolean atLeastOne(List<Integer> numbers) {
        return numbers.stream().allMatch(number -> number >= 1);
    }

    private List<Case> cases() {
        if (!runs.isEmpty()) {
            return runs.stream()
                    .map(ServeModel::of)
                    .map(model -> new Case(model, model.sparsity()))
                    .toList();
        }
        List<String> names = models.isEmpty() ? List.of("cnn-cifar10", "vgg16") : models;
        return names.stream()
                .flatMap(name -> sparsities.stream()
                        .map(sparsity -> new Case(ServeModel.initial(name, sparsity, masks), sparsity)))
                .toList();
    }

    private List<Load> loads(ServeModel model) {
        int published = model.one().channels() == 1 ? 32 : 128;
        List<Integer> someBatches = batches.isEmpty() ? List.of(published, 1) : batches;
        int cores = Runtime.getRuntime().availableProcessors();
        List<Integer> someStreams = !streams.isEmpty() ? streams : cores == 1 ? List.of(1) : List.of(1, cores);
        return someBatches.stream()
                .flatMap(batch -> someStreams.stream().map(count -> new Load(batch, count, threads)))
                .toList();
    }

    private List<ServeRow> measure(Backend engine, Case one, Load load) {
        ServeProblem problem = new ServeProblem(one.model, load.batch());
        try (Serving serving = new Serving(load.streams())) {
            for (String name : engines) {
                enter(serving, name, engine, problem, load.threads());
            }
            serving.verify();
            return rows(one, load, serving.measure(warmUp, seconds));
        }
    }

    /** Those that have nothing to do with this model stay out: a dense one has no sparse form. */
    private void enter(Serving serving, String name, Backend engine, ServeProblem problem, int share) {
        ServeModel model = problem.model();
        switch (name) {
            case DENSE -> {
                ModelState dense = Masking.withoutMasks(model.theta());
                serving.enter(name, () -> new EngineServing(engine, problem, dense, share));
            }
            case SPARSE -> {
                if (model.nonZeros() < model.parameters()) {
                    serving.enter(name, () -> new EngineServing(engine, problem, model.theta(), share));
                }
            }
            case ONNX_RUNTIME -> {
                byte[] file = OnnxExport.encode(PortableModel.of(model.spec(), model.one(), model.theta(), Map.of()));
                serving.enter(
                        name,
                        () -> new OnnxRuntime.Inference(
                                file,
                                problem.floats(),
                                problem.shape(),
                                model.spec().classes(),
                                share));
            }
            default -> {
                ImageLayout layout = name.equals(TORCH_NHWC) ? ImageLayout.NHWC : ImageLayout.NCHW;
                if (isForTorch(model.spec(), layout)) {
                    serving.enter(name, () -> new TorchServing(python.interpreter(), problem, layout, share));
                }
            }
        }
    }

    /** What pytorch_peer.py knows is square images, and without a convolution their layout is nobody's concern. */
    private static boolean isForTorch(ModelSpec spec, ImageLayout layout) {
        boolean flat = spec.layers().stream().allMatch(LinearSpec.class::isInstance);
        return spec.input().height() == spec.input().width() && !(flat && layout == ImageLayout.NHWC);
    }

    private static List<ServeRow> rows(Case one, Load load, Map<String, Served> served) {
        List<ServeRow> rows = new ArrayList<>();
        Served dense = served.get(DENSE);
        Map.Entry<String, Served> peer = served.entrySet().stream()
                .filter(entry -> !isOurs(entry.getKey()))
                .min(Comparator.comparingDouble(entry -> entry.getValue().meanMillis()))
                .orElse(null);
        served.forEach((name, it) -> {
            Map.Entry<String, Served> against = isOurs(name) ? peer : null;
            rows.add(new ServeRow(
                    one.model,
                    one.sparsity,
                    name,
                    load,
                    it,
                    dense == null || name.equals(DENSE) ? null : Serving.speedup(it, dense),
                    against == null ? null : against.getKey(),
                    against == null ? null : Serving.speedup(it, against.getValue()),
                    name.equals(SPARSE) ? published(one) : null));
        });
        return rows;
    }

    private static boolean isOurs(String engine) {
        return engine.equals(DENSE) || engine.equals(SPARSE);
    }

    private static @Nullable Double published(Case one) {
        return PUBLISHED.getOrDefault(one.model.name(), Map.of()).get(Math.round(one.sparsity * 1e4) / 1e4);
    }

    private void write(Map<String, Object> machine, List<ServeRow> rows) {
        if (json != null) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("machine", machine);
            all.put("rows", rows.stream().map(ServeRow::columns).toList());
            Json.write(json, all);
        }
        if (csv != null) {
            try {
                Files.writeString(csv, ServeRow.csv(rows));
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot write " + csv, e);
            }
        }
    }
}
