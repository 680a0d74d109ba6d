package dev.gossamer.bench;

import dev.gossamer.bench.MethodSpeeds.Size;
import dev.gossamer.bench.results.Json;
import dev.gossamer.bench.results.Machine;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.MissingDataException;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.MethodCatalog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench methods}. */
@Command(
        name = "methods",
        mixinStandardHelpOptions = true,
        description = {
            "What a client of each federated method takes, at its final sparsity, beside one of dense FedAvg in the same process, turn by"
                    + " turn: decoding, loading, training, selecting and encoding; what it sends; and the activations that a step"
                    + " saves.",
            "Exit code 1 if a method does not end at the sparsity asked for."
        },
        footer = {"", "Example: gossamer bench methods --models mlp --methods topk,zerofl --data DIR"})
final class MethodsCommand implements Callable<Integer> {

    /** Those that differ in what a client computes; the rest train as one of these does. */
    private static final List<String> CONVOLUTIONAL =
            List.of("fedavg", "fedsparsify-global", "topk", "swat-fedavg", "zerofl", "sparsefedpp");

    private static final List<Size> SIZES = List.of(
            new Size("mlp", "fashion-mnist", "strokes", 32, 40, 2, 15, 8e8, MethodCatalog.names()),
            new Size("cnn-cifar10", "cifar10", "cifar10", 32, 4, 1, 7, 5e8, CONVOLUTIONAL),
            new Size("resnet18", "cifar10", "cifar10", 16, 2, 1, 7, 5e8, CONVOLUTIONAL));

    @Mixin
    private BackendOption backend = new BackendOption();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = {
                "Folder with fashion-mnist and cifar10. Without the first the embedded strokes are taken, without the second there"
                        + " are no convolutional networks.",
                "Default: $GOSSAMER_DATA, else this folder"
            })
    private @Nullable Path data;

    @Option(
            names = "--methods",
            paramLabel = "NAME",
            split = ",",
            description = {"Default: all; of convolutional networks those that train in ways of their own."})
    private List<String> methods = List.of();

    @Option(
            names = "--models",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "mlp,cnn-cifar10,resnet18",
            description = "Default: ${DEFAULT-VALUE}")
    private List<String> models = List.of();

    @Option(
            names = "--sparsities",
            paramLabel = "X",
            split = ",",
            defaultValue = ".9,.95,.99",
            description = "Default: ${DEFAULT-VALUE}")
    private List<Double> sparsities = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "0",
            description = {
                "Rounds that are timed, of each method and of FedAvg; fewer than six have no interval.",
                "Default: 15, 7 and 7"
            })
    private int rounds;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "0",
            description = {"Steps of a client in a round.", "Default: 40, 4 and 2"})
    private int steps;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the machine and the rows there.")
    private @Nullable Path json;

    @Override
    public Integer call() {
        check();
        Json.check(json);
        Map<String, Object> machine = Machine.facts();
        Backends.Choice choice = backend.open();
        List<MethodRow> rows = new ArrayList<>();
        try (Backend engine = choice.backend()) {
            machine.put("backend", engine.name() + ": " + engine.device() + ", 1 thread");
            System.out.print(Machine.text(machine));
            System.out.println(MethodRow.head());
            for (Size size : SIZES) {
                if (models.contains(size.model())) {
                    measure(size.with(steps, rounds), choice, rows);
                }
            }
        }
        if (json != null) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("machine", machine);
            all.put("rows", rows);
            Json.write(json, all);
        }
        List<MethodRow> wrong = rows.stream().filter(row -> !row.good()).toList();
        wrong.forEach(row -> System.err.println("benchmarks: " + row.method() + " on " + row.model()
                + " ended at sparsity " + row.reached() + ", not " + row.sparsity()));
        return wrong.isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void check() {
        methods.forEach(MethodCatalog::named);
        List<String> known = SIZES.stream().map(Size::model).toList();
        if (models.isEmpty() || !known.containsAll(models)) {
            throw new IllegalArgumentException("--models are of " + known + ", got " + models);
        }
        if (sparsities.isEmpty() || !sparsities.stream().allMatch(sparsity -> sparsity >= 0 && sparsity < 1)) {
            throw new IllegalArgumentException("--sparsities are at least 0 and below 1, got " + sparsities);
        }
        if (rounds < 0 || steps < 0) {
            throw new IllegalArgumentException("--rounds and --steps are whole numbers of at least 1");
        }
    }

    private void measure(Size size, Backends.Choice choice, List<MethodRow> rows) {
        try (Dataset set = load(size);
                MethodSpeeds speeds = new MethodSpeeds(size, set, choice)) {
            for (String method : size.methods()) {
                if (methods.isEmpty() || methods.contains(method)) {
                    for (MethodCase one : MethodCase.of(method, size.model(), sparsities)) {
                        MethodRow row = speeds.measure(one);
                        System.out.println(row.line());
                        rows.add(row);
                    }
                }
            }
        } catch (MissingDataException e) {
            System.out.println("# no " + size.model() + ": " + e.getMessage());
        }
    }

    /** The data set, or what stands in for it where it is missing. */
    private Dataset load(Size size) {
        Path folder = FederatedCommand.folder(data);
        try {
            return DataSource.load(size.dataset(), folder);
        } catch (MissingDataException e) {
            if (size.fallback().equals(size.dataset())) {
                throw e;
            }
            System.out.println("# " + size.fallback() + " in place of " + size.dataset());
            return DataSource.load(size.fallback(), folder);
        }
    }
}
