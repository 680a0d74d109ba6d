package dev.gossamer.app;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunResult;
import dev.gossamer.fl.run.RunStoppedException;
import dev.gossamer.fl.run.Site;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Runs an experiment. What the user may have to put right (settings, backend, data, folder) is found out before anything is
 * written.
 */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = "Trains a model: by an experiment file, by the options, or by both; the options win.",
        footer = {
            "",
            "Example: gossamer train experiments/strokes.yaml --sparsity 0.95 --out runs/s95",
            "Results go to standard output, everything else to standard error.",
            "Exit codes: 0 good, 1 failure at run time, 2 usage or configuration."
        })
final class TrainCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "experiment.yaml",
            description = "The experiment; without it, the defaults (experiments/strokes.yaml has them).")
    private @Nullable Path experiment;

    private final ExperimentOptions options = new ExperimentOptions();

    @Mixin(name = "place")
    private Place place = new Place();

    @Mixin(name = "run")
    private RunOptions run = new RunOptions();

    @Option(
            names = "--help-method",
            description = "Tell the settings of the method with their defaults, and train nothing.")
    private boolean helpMethod;

    /** What a run needs and leaves on this machine; no part of the experiment. */
    static final class Place extends EngineOptions {

        @Mixin
        private DataOption data = new DataOption();

        @Mixin
        private SiteOptions site = new SiteOptions();

        @Option(names = "--out", paramLabel = "DIR", description = "Run directory; default: runs/<time>-<method>.")
        private @Nullable Path out;

        @Option(names = "--overwrite", description = "Replace the run in the run directory, if there is one.")
        private boolean overwrite;

        List<String> given() {
            return Stream.of(data.given(), site.given()).flatMap(List::stream).toList();
        }
    }

    private TrainCommand() {}

    /** The command with its help: options under headings, with the defaults in force. */
    static CommandLine line() {
        TrainCommand command = new TrainCommand();
        CommandLine line = new CommandLine(command);
        line.getCommandSpec().addMixin("experiment", command.options.spec(ExperimentConfig.commonSettings()));
        line.getCommandSpec().addMixin("method", command.options.spec(MethodCatalog.allOptions()));
        line.getCommandSpec().addMixin("set", command.options.set());
        Map<String, String> headings = new LinkedHashMap<>();
        headings.put("experiment", "The experiment");
        headings.put("method", "Settings of some methods (--help-method tells those of one)");
        headings.put("place", "Where and on what");
        headings.put("run", "How it is run, and what is said");
        line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new OptionHeadings(headings));
        return line;
    }

    @Override
    @SuppressWarnings("try") // site and backend are there to be closed
    public Integer call() {
        run.apply();
        ExperimentConfig config = ExperimentConfig.resolve(experiment, options.given());
        if (helpMethod) {
            MethodsCommand.print(
                    MethodCatalog.named(config.method()), spec.commandLine().getOut());
            return ExitCode.OK;
        }
        BackendOptions backendOptions = place.backendOptions();
        if (place.out != null) {
            RunDirectory.check(place.out, place.overwrite);
        }
        try (Site site = place.site.open(run)) {
            if (site != null) {
                site.checkCopies(place.overwrite);
            }
            train(config, site, backendOptions);
        } catch (RunStoppedException e) {
            // A signal did that: the JVM is on its way out, with an exit code of its own.
            return ExitCode.SOFTWARE;
        }
        return ExitCode.OK;
    }

    @SuppressWarnings("try") // the backend is there to be closed
    private void train(ExperimentConfig config, @Nullable Site site, BackendOptions backendOptions) {
        Path folder = place.data.folder(site, config);
        Backends.Choice choice = place.open(backendOptions);
        try (Backend opened = choice.backend();
                Dataset data = DataSource.load(config, folder)) {
            Experiment ready = Experiment.prepare(config, data, choice, backendOptions.threads())
                    .at(site);
            Path out = place.out == null ? OutputFolder.claim(Path.of("runs"), config.method()) : place.out;
            RunResult result = run.run(
                    ready,
                    out,
                    place.given(),
                    path -> RunDirectory.create(path, place.overwrite),
                    spec.commandLine().getErr());
            run.print(result, out, spec.commandLine().getOut());
        }
    }
}
