package dev.gossamer.bench;

import dev.gossamer.bench.results.Forks;
import dev.gossamer.bench.results.Json;
import dev.gossamer.bench.results.Machine;
import dev.gossamer.bench.results.Measured;
import dev.gossamer.bench.results.ResultFile;
import dev.gossamer.bench.results.Table;
import dev.gossamer.bench.roofline.Limits;
import dev.gossamer.bench.roofline.Roofline;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench quick}, and {@code bench full}, which measures more of the same, {@code bench pytorch}, which measures less, and {@code bench models}. */
@Command(
        mixinStandardHelpOptions = true,
        description = {
            "Limits of the machine, sparse and dense products, selection and training steps, each beside the best peer that is"
                    + " there, in one table.",
            "Peers: oneMKL and OpenBLAS (Linux on x86-64), EJML, and PyTorch where the Python interpreter has it. Rows without a peer have no ratio."
        })
final class QuickCommand implements Callable<Integer> {

    /** Rounds after the first are alike for PyTorch, so that some tell of all; all of them take it eight minutes. */
    private static final int FULL_PEER_ROUNDS = 10;

    private static final int FEDERATED_THREADS = 2;

    private final Part part;

    @Mixin
    private BackendOption backend = new BackendOption();

    @Mixin
    private DataOption data = new DataOption();

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = {"Write the rows there as a JSON array, and the machine and the errors beside it."})
    private @Nullable Path json;

    @Mixin
    private PythonOption python = new PythonOption();

    @Option(
            names = "--forks",
            paramLabel = "N",
            defaultValue = "1",
            description = {
                "Processes that measure, one after the other; rows are of the one in the middle, intervals reach over all.",
                "Default: ${DEFAULT-VALUE}; three for anything published"
            })
    private int forks;

    @Option(
            names = "--federated",
            paramLabel = "N",
            description = {
                "Add the federated run, with N rounds of PyTorch, two at least; 0 leaves it out.",
                "Default: " + FULL_PEER_ROUNDS + " for `full` where --data has fashion-mnist, else 0"
            })
    private @Nullable Integer federated;

    @Option(names = "--federated-rounds", hidden = true, defaultValue = "0", description = "Rounds of ours; for tests.")
    private int federatedRounds;

    @Option(names = "--sizes", hidden = true, description = "quick, full or tiny; tests take tiny.")
    private @Nullable String sizes;

    /** What of the table is measured. */
    enum Part {
        QUICK,
        FULL,
        PYTORCH,
        MODELS
    }

    QuickCommand(Part part) {
        this.part = part;
    }

    @Override
    public Integer call() throws MissingPeerException {
        long start = System.nanoTime();
        if (forks < 1) {
            throw new IllegalArgumentException("--forks is " + forks + ", but must be at least 1");
        }
        Json.check(json);
        python.requireWhereNamed();
        Sizes chosen = sizes();
        Path folder = data.folder();
        if (data.isNamed() && folder != null) {
            Dlmc.index(folder);
        }
        Integer peerRounds = peerRounds(folder);
        Result result = forks == 1 ? measure(chosen, folder) : forked();
        List<Measured> rows = new ArrayList<>(result.rows);
        if (folder != null && peerRounds != null) {
            rows.add(FederatedCommand.measure(
                    folder, federatedRounds, FEDERATED_THREADS, backend.again(), python.interpreter(), peerRounds));
        }
        System.out.println(Table.summary(rows));
        if (json != null) {
            ResultFile.write(json, rows, result.machine);
        }
        System.out.printf(Locale.ROOT, "# %.0f s%n", (System.nanoTime() - start) / 1e9);
        return 0;
    }

    /** What was measured, and where. */
    private record Result(List<Measured> rows, Map<String, Object> machine) {}

    /** Null for no federated run. */
    private @Nullable Integer peerRounds(@Nullable Path folder) {
        if (federated != null) {
            if (federated > 0 && folder == null) {
                throw new IllegalArgumentException("--federated needs --data DIR, the folder with fashion-mnist");
            }
            Integer asked = federated == 0 ? null : federated;
            FederatedCommand.checkPeerRounds("--federated", asked);
            return asked;
        }
        boolean there = folder != null && Files.isDirectory(folder.resolve("fashion-mnist"));
        return part == Part.FULL && there ? Integer.valueOf(FULL_PEER_ROUNDS) : null;
    }

    private Result measure(Sizes chosen, @Nullable Path folder) throws MissingPeerException {
        Backends.Choice choice = backend.open();
        try (Backend opened = choice.backend();
                Peers there = peers()) {
            Map<String, Object> machine = Machine.facts();
            machine.put("backend", opened.name() + ": " + opened.device());
            machine.put("peers", there.describe());
            System.out.print(Machine.text(machine));
            System.out.println(Table.head());
            List<Measured> rows = new ArrayList<>();
            Limits limits = Roofline.measure(chosen.limitNanos());
            TableRows table = new TableRows(there.forTable(), row -> {
                rows.add(row);
                System.out.println(Table.line(row));
            });
            Suite suite = new Suite(opened, chosen, limits, table);
            if (part == Part.PYTORCH) {
                suite.limits();
                suite.againstPyTorch();
            } else if (part == Part.MODELS) {
                suite.limits();
                new ModelSuite(opened, chosen, limits, table).run();
            } else {
                suite.run(folder);
            }
            return new Result(rows, machine);
        }
    }

    /** Each process measures the whole table; what it prints is progress. */
    private Result forked() {
        try {
            Path file = Files.createTempFile("gossamer-fork", ".json");
            try {
                List<List<Measured>> tables = new ArrayList<>();
                Map<String, Object> machine = new LinkedHashMap<>();
                for (int fork = 1; fork <= forks; fork++) {
                    System.err.println("# process " + fork + " of " + forks);
                    ChildJvm.run(again(file));
                    tables.add(ResultFile.rows(file));
                    machine.putAll(ResultFile.machine(file));
                }
                machine.put("forks", forks);
                System.out.print(Machine.text(machine));
                System.out.println(Table.head());
                List<Measured> rows = Forks.merge(tables);
                rows.forEach(row -> System.out.println(Table.line(row)));
                return new Result(rows, machine);
            } finally {
                ResultFile.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot keep what the processes measure", e);
        }
    }

    /** The same command for a process that measures alone, without the federated run. */
    private List<String> again(Path file) {
        List<String> arguments = new ArrayList<>(List.of(part.name().toLowerCase(Locale.ROOT)));
        arguments.addAll(backend.again());
        arguments.addAll(data.again());
        arguments.addAll(python.again());
        arguments.addAll(List.of("--federated", "0", "--json", file.toString()));
        if (sizes != null) {
            arguments.addAll(List.of("--sizes", sizes));
        }
        return arguments;
    }

    private Sizes sizes() {
        return switch (sizes == null ? part.name().toLowerCase(Locale.ROOT) : sizes) {
            case "tiny" -> Sizes.TINY;
            case "quick", "pytorch", "models" -> Sizes.QUICK;
            case "full" -> Sizes.FULL;
            default -> throw new IllegalArgumentException("--sizes is quick, full or tiny, not " + sizes);
        };
    }

    /** Who else is there, with why the others are not. */
    private record Peers(@Nullable PyTorch pyTorch, String describe) implements AutoCloseable {

        TableRows.Peers forTable() {
            return new TableRows.Peers(OneMkl.objection() == null, OpenBlas.objection() == null, pyTorch);
        }

        @Override
        public void close() {
            if (pyTorch != null) {
                pyTorch.close();
            }
        }
    }

    private Peers peers() throws MissingPeerException {
        String libraries = Libraries.describe();
        try {
            PyTorch torch = PyTorch.start(python.interpreter());
            return new Peers(torch, libraries + "; " + torch.version());
        } catch (MissingPeerException e) {
            if (part == Part.PYTORCH) {
                throw e;
            }
            return new Peers(null, libraries + "; " + e.getMessage());
        }
    }
}
