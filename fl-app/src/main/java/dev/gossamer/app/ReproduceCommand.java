package dev.gossamer.app;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.reproduce.CellRunner;
import dev.gossamer.fl.reproduce.CellStore;
import dev.gossamer.fl.reproduce.Outcome;
import dev.gossamer.fl.reproduce.Reproduction;
import dev.gossamer.fl.reproduce.ResultFolder;
import dev.gossamer.fl.run.RunStoppedException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a published table or figure again. */
@Command(
        name = "reproduce",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Runs the experiments of a published table or figure, and prints ours beside what was published.",
            "Cells that are done are kept and shared between tables; the command goes on where it was."
        },
        subcommands = ReproduceListCommand.class,
        footer = {
            "",
            "Example: gossamer reproduce fedsparsify-table2 --scale short --data DIR",
            "The table goes to standard output, everything else to standard error.",
            "Exit codes: 0 good, 1 if some cells are not done, 2 usage or configuration."
        })
final class ReproduceCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            completionCandidates = Names.Table.class,
            description = "What `gossamer reproduce list` has, or a YAML file of the same form.")
    private @Nullable String name;

    @Option(
            names = "--scale",
            paramLabel = "full|short",
            description = "The paper's setting, or one that a machine of two cores can run; default: short.")
    private String scale = "short";

    @Option(names = "--seeds", paramLabel = "N,N", split = ",", description = "Seeds in place of the experiment's.")
    private List<Long> seeds = List.of();

    @Option(
            names = "--jobs",
            paramLabel = "N",
            description = "Cells side by side, which share the threads; default: 1. Results do not depend on it.")
    private int jobs = 1;

    @Option(
            names = "--cells",
            paramLabel = "DIR",
            description = "Where the runs are kept; default: runs/reproduce/cells.")
    private Path cells = Path.of("runs", "reproduce", "cells");

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where tables and figures go; default: runs/reproduce/NAME-SCALE.")
    private @Nullable Path out;

    @Option(names = "--report", description = "Run nothing: make tables and figures of the cells that are done.")
    private boolean report;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "Rounds between checkpoints of a cell, at least 1; default: 5.")
    private int checkpointEvery = 5;

    @Mixin
    private EngineOptions engine = new EngineOptions();

    @Mixin
    private DataOption data = new DataOption();

    @Mixin
    private Output output = new Output();

    @Override
    @SuppressWarnings("try") // the backend is there to be closed
    public Integer call() {
        output.apply();
        if (name == null) {
            throw new UsageException("Name what to reproduce: `gossamer reproduce list` tells what there is");
        }
        if (jobs < 1 || checkpointEvery < 1) {
            throw new UsageException((jobs < 1 ? "--jobs is " + jobs : "--checkpoint-every is " + checkpointEvery)
                    + ", but must be a whole number of at least 1");
        }
        Reproduction reproduction = Reproductions.find(name, scale, seeds);
        Path folder =
                out == null ? Path.of("runs", "reproduce", reproduction.name() + "-" + reproduction.scale()) : out;
        ResultFolder.check(folder, reproduction, reproduction.cellCount());
        if (Files.exists(cells) && !Files.isDirectory(cells)) {
            throw new UsageException("--cells is " + cells + ", which is a file; give a folder");
        }
        BackendOptions options = engine.backendOptions();
        Backends.Choice choice = engine.open(options);
        try (Backend opened = choice.backend()) {
            CellStore store = new CellStore(cells.resolve(opened.name()));
            int left = report ? 0 : run(reproduction, store, choice, options.threads());
            Outcome outcome = Outcome.of(reproduction, store).pruned(data.folder(), choice, options.threads());
            ResultFolder.write(folder, outcome, commandLine(name, reproduction), FigureFile::write);
            print(outcome, folder);
            return left == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
        } catch (RunStoppedException e) {
            // A signal did that: the JVM is on its way out, with an exit code of its own.
            return ExitCode.SOFTWARE;
        }
    }

    private int run(Reproduction reproduction, CellStore store, Backends.Choice backend, int threads) {
        PrintWriter err = spec.commandLine().getErr();
        try (Interruption interruption = Interruption.expect("the same command", err);
                CellRunner runner = new CellRunner(
                        store,
                        data.folder(),
                        backend,
                        threads,
                        jobs,
                        checkpointEvery,
                        interruption.stop(),
                        new CellProgress(output.quiet(), err))) {
            return runner.run(reproduction);
        }
    }

    private void print(Outcome outcome, Path folder) {
        PrintWriter stdout = spec.commandLine().getOut();
        stdout.print(ResultFolder.table(outcome));
        stdout.println();
        stdout.println(outcome.done() + " of " + outcome.reproduction().cellCount()
                + " cells; table, figures and raw lines: " + folder);
        stdout.flush();
    }

    /** What somebody types who wants the same. */
    private String commandLine(String asked, Reproduction reproduction) {
        String given = seeds.isEmpty()
                ? ""
                : " --seeds " + seeds.stream().map(String::valueOf).collect(Collectors.joining(","));
        return "./gossamer reproduce " + Shell.word(asked) + " --scale " + reproduction.scale() + given + " --data DIR";
    }
}
