package dev.gossamer.app;

import dev.gossamer.app.report.RunReport;
import dev.gossamer.fl.report.RunTables;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunRecord;
import dev.gossamer.fl.run.RunResult;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a run is seen through, by the commands that begin one and that go on with one. */
final class RunOptions {

    private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,8})([kmg])");

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "Rounds between checkpoints, at least 1; default: 1.")
    private int checkpointEvery = 1;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description =
                    "What clients may take together, as 512m or 8g: so many run side by side as fit. Results do not"
                            + " depend on it. Default: as many as there are threads.")
    private @Nullable String memory;

    @Option(
            names = "--json",
            description = "Print the content of result.json instead of a table, and nothing else, on standard output.")
    private boolean json;

    @Mixin
    private Output output = new Output();

    /** Checks the options, and sets the level of the log. */
    void apply() {
        output.apply();
        if (checkpointEvery < 1) {
            throw new UsageException(
                    "--checkpoint-every is " + checkpointEvery + ", but must be a whole number of at least 1");
        }
        if (memory != null) {
            bytes(memory);
        }
    }

    boolean isMemoryBounded() {
        return memory != null;
    }

    /** Opens the directory of a run. */
    @FunctionalInterface
    interface Opener {
        RunDirectory open(Path path);
    }

    /**
     * Runs all rounds that are left, and tells of them.
     *
     * @param place the options that say where the run finds data and clients, for the command that goes on
     */
    RunResult run(Experiment experiment, Path path, List<String> place, Opener opener, PrintWriter err) {
        int rounds = experiment.config().rounds();
        try (Interruption interruption = Interruption.expect(goOn(path, place), err);
                RunDirectory directory = opener.open(path).checkpointEvery(checkpointEvery);
                RunTables tables = new RunTables(path);
                Progress progress = Progress.of(output.quiet(), Terminal.redrawsStandardError(), rounds, err)) {
            RunResult result =
                    bounded(experiment).run(directory, progress.then(tables).then(interruption), interruption.stop());
            report(path, err);
            return result;
        }
    }

    /** What finds the same data, clients and memory; what else was given is in the run's directory or changes no result. */
    private String goOn(Path path, List<String> place) {
        List<String> words = new ArrayList<>(List.of("gossamer", "resume", path.toString()));
        words.addAll(place);
        if (memory != null) {
            words.addAll(List.of("--memory", memory));
        }
        return Shell.command(words);
    }

    /** The run is good whether somebody can look at it or not. */
    private static void report(Path path, PrintWriter err) {
        try {
            RunReport.write(path, RunRecord.of(path));
        } catch (RuntimeException e) {
            err.println("gossamer: warning: the run is complete, but its report cannot be written: " + e.getMessage()
                    + ". Try again with: " + Shell.command(List.of("gossamer", "report", path.toString())));
        }
    }

    private Experiment bounded(Experiment experiment) {
        return memory == null ? experiment : experiment.within(bytes(memory));
    }

    private static long bytes(String size) {
        Matcher parts = SIZE.matcher(size.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            throw new UsageException("--memory is " + size + ", but must be a size such as 512m or 8g");
        }
        return Long.parseLong(parts.group(1)) << (10 * (1 + "kmg".indexOf(parts.group(2))));
    }

    void print(RunResult result, Path path, PrintWriter out) {
        if (json) {
            out.print(result.toJson());
        } else {
            ResultTable.of(result, path).print(out);
        }
        out.flush();
    }
}
