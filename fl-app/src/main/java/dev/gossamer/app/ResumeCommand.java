package dev.gossamer.app;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunStoppedException;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Goes on with a run. Configuration, backend and tuning are those that it began with: others would give another result. */
@Command(
        name = "resume",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "Goes on with a run that was stopped, killed or failed, from its last checkpoint.",
            "It ends with the same model and the same metrics as if nothing had happened."
        },
        footer = {
            "",
            "Example: gossamer resume runs/s95",
            "Results go to standard output, everything else to standard error.",
            "Exit codes: 0 good, 1 failure at run time, 2 usage or configuration."
        })
final class ResumeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "DIR", description = "The run directory.")
    private Path directory = Path.of("");

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads, at least 1; default: one for each processor. Results do not depend on it.")
    private @Nullable Integer threads;

    @Mixin
    private DataOption data = new DataOption();

    @Mixin
    private SiteOptions site = new SiteOptions();

    @Mixin
    private RunOptions options = new RunOptions();

    @Override
    @SuppressWarnings("try") // the site is there to be closed
    public Integer call() {
        options.apply();
        try (Site elsewhere = site.open(options)) {
            if (elsewhere != null) {
                elsewhere.restore(directory);
            }
            resume(elsewhere);
        } catch (RunStoppedException e) {
            // A signal did that: the JVM is on its way out, with an exit code of its own.
            return ExitCode.SOFTWARE;
        }
        return ExitCode.OK;
    }

    /** The backend that the run began on, with its tuning; what it refuses may be in the manifest or a property. */
    private Backends.Choice open(StoredRun stored, BackendOptions backend) {
        try {
            return EngineOptions.open(stored.backend(), backend.withTuning(stored.tuning()));
        } catch (UsageException e) {
            throw new UsageException(
                    "The run in " + directory + " cannot go on: " + e.getMessage() + ". Its tuning entries are in "
                            + directory.resolve(RunDirectory.MANIFEST)
                            + ", as they were when it began; system properties"
                            + " are yours to change",
                    e);
        }
    }

    /** Results do not depend on threads. */
    private static String withoutThreads(String device) {
        return device.replaceFirst(", up to \\d+ threads?$", "");
    }

    @SuppressWarnings("try") // the backend is there to be closed
    private void resume(@Nullable Site elsewhere) {
        BackendOptions backend = EngineOptions.options(threads);
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        StoredRun stored = StoredRun.of(directory);
        if (stored.complete()) {
            err.println("gossamer: the run in " + directory + " is complete");
            try (RunDirectory complete = RunDirectory.resume(directory)) {
                options.print(complete.result(), directory, out);
            }
            return;
        }
        Path folder = data.folder(elsewhere, stored.config());
        Backends.Choice choice = open(stored, backend);
        try (Backend opened = choice.backend();
                Dataset loaded = DataSource.load(stored.config(), folder)) {
            if (!withoutThreads(opened.device()).equals(withoutThreads(stored.device()))) {
                err.println("gossamer: warning: the run began on " + stored.device() + ", and goes on on "
                        + opened.device() + "; last bits may come out otherwise");
            }
            Experiment experiment = Experiment.prepare(
                            stored.config(), loaded, choice, backend.threads(), StoredRun.init(directory))
                    .at(elsewhere);
            List<String> place =
                    Stream.of(data.given(), site.given()).flatMap(List::stream).toList();
            options.print(options.run(experiment, directory, place, RunDirectory::resume, err), directory, out);
        }
    }
}
