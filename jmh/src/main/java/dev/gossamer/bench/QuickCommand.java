package dev.gossamer.bench;

import dev.gossamer.bench.results.Machine;
import dev.gossamer.bench.results.Measured;
import dev.gossamer.bench.results.ResultFile;
import dev.gossamer.bench.results.Table;
import dev.gossamer.bench.roofline.Limits;
import dev.gossamer.bench.roofline.Roofline;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench quick}, and {@code bench full}, which measures more of the same, and {@code bench pytorch}, which measures less. */
@Command(
        mixinStandardHelpOptions = true,
        description = {
            "Limits of the machine, sparse and dense products, selection and training steps, each beside the best peer that is"
                    + " there, in one table.",
            "Peers: oneMKL (Linux on x86-64), and PyTorch where the Python interpreter has it. Rows without a peer have no ratio."
        })
final class QuickCommand implements Callable<Integer> {

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

    @Option(
            names = "--python",
            paramLabel = "FILE",
            description = {"Interpreter that may have PyTorch.", "Default: $GOSSAMER_PYTHON, else python3"})
    private String python = PyTorch.defaultPython();

    @Option(names = "--sizes", hidden = true, description = "quick, full or tiny; tests take tiny.")
    private @Nullable String sizes;

    /** What of the table is measured. */
    enum Part {
        QUICK,
        FULL,
        PYTORCH
    }

    QuickCommand(Part part) {
        this.part = part;
    }

    @Override
    public Integer call() throws PyTorch.MissingException {
        long start = System.nanoTime();
        Sizes chosen = sizes();
        Path folder = data.folder();
        if (data.isNamed() && folder != null) {
            Dlmc.index(folder);
        }
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
            Suite suite = new Suite(opened, chosen, limits, there.forSuite(), row -> {
                rows.add(row);
                System.out.println(Table.line(row));
            });
            if (part == Part.PYTORCH) {
                suite.limits();
                suite.againstPyTorch();
            } else {
                suite.run(folder);
            }
            if (json != null) {
                ResultFile.write(json, rows, machine);
            }
        }
        System.out.printf(Locale.ROOT, "# %.0f s%n", (System.nanoTime() - start) / 1e9);
        return 0;
    }

    private Sizes sizes() {
        return switch (sizes == null ? part.name().toLowerCase(Locale.ROOT) : sizes) {
            case "tiny" -> Sizes.TINY;
            case "quick", "pytorch" -> Sizes.QUICK;
            case "full" -> Sizes.FULL;
            default -> throw new IllegalArgumentException("--sizes is quick, full or tiny, not " + sizes);
        };
    }

    /** Who else is there, with why the others are not. */
    private record Peers(@Nullable PyTorch pyTorch, String describe) implements AutoCloseable {

        Suite.Peers forSuite() {
            return new Suite.Peers(OneMkl.objection() == null, pyTorch);
        }

        @Override
        public void close() {
            if (pyTorch != null) {
                pyTorch.close();
            }
        }
    }

    private Peers peers() throws PyTorch.MissingException {
        String objection = OneMkl.objection();
        String oneMkl = objection == null ? OneMkl.version() : objection;
        try {
            PyTorch torch = PyTorch.start(python);
            return new Peers(torch, oneMkl + "; " + torch.version());
        } catch (PyTorch.MissingException e) {
            if (part == Part.PYTORCH) {
                throw e;
            }
            return new Peers(null, oneMkl + "; " + e.getMessage());
        }
    }
}
