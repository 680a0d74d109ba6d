package dev.gossamer.app;

import dev.gossamer.fl.run.ExperimentConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is to be done with data sets. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Lists, checks and fetches data sets.",
        footer = {"", "Example: gossamer data list", "gossamer data COMMAND --help tells of a command."},
        subcommands = {DataListCommand.class, DataVerifyCommand.class, DataFetchCommand.class})
final class DataCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command: list, verify or fetch");
    }

    /** Refuses a name that is no data set's. */
    static String known(String name) {
        if (!ExperimentConfig.DATASETS.contains(name)) {
            throw new UsageException(
                    "Unknown data set '" + name + "'. Known: " + String.join(", ", ExperimentConfig.DATASETS));
        }
        return name;
    }
}
