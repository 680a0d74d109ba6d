package dev.gossamer.app;

import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.run.Setting;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows an experiment as it would be run, or explains the keys. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = "Checks an experiment, and prints all its settings as a file; or explains every key.",
        footer = {
            "",
            "Example: gossamer config experiments/strokes.yaml --set sparsity=0.95",
            "Exit codes: 0 good, 2 usage or configuration."
        })
final class ConfigCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "0..1",
            paramLabel = "experiment.yaml",
            description = "The experiment; without it, the defaults.")
    private @Nullable Path experiment;

    @Option(names = "--explain", description = "Tell of every key: what it is for, its values, its default.")
    private boolean explain;

    @Mixin
    private Output output = new Output();

    private final ExperimentOptions options = new ExperimentOptions();

    private ConfigCommand() {}

    static CommandLine line() {
        ConfigCommand command = new ConfigCommand();
        CommandLine line = new CommandLine(command);
        line.getCommandSpec().addMixin("set", command.options.set());
        return line;
    }

    @Override
    public Integer call() {
        output.apply();
        PrintWriter out = spec.commandLine().getOut();
        if (explain) {
            explain(out);
        } else {
            out.print(ExperimentConfig.resolve(experiment, options.given()).toYaml());
        }
        out.flush();
        return ExitCode.OK;
    }

    private static void explain(PrintWriter out) {
        out.println("Of every method:");
        ExperimentConfig.commonSettings().forEach(setting -> explain(setting, out));
        for (MethodCatalog.Entry method : MethodCatalog.all()) {
            if (!method.options().isEmpty()) {
                out.println();
                out.println("Of method " + method.name() + ":");
                method.options().forEach(setting -> explain(setting, out));
            }
        }
    }

    private static void explain(Setting setting, PrintWriter out) {
        out.println(Text.of("  %-18s %s", setting.key(), ExperimentOptions.text(setting)));
    }
}
