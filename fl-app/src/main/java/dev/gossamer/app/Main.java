package dev.gossamer.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command {@code gossamer}. */
@Command(
        name = "gossamer",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Trains federated models at high sparsity and swaps the engines that do the work.",
        synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {

    private Main() {}

    /** Runs the command and ends this JVM with its exit code: 0 good, 2 usage or configuration, 1 failure at run time. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }

    /** The version in the manifest of the jar. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"gossamer " + (version == null ? "(not from a jar)" : version)};
        }
    }
}
