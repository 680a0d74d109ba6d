package dev.gossamer.app;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code gossamer}. */
@Command(
        name = "gossamer",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Trains federated models at high sparsity and swaps the engines that do the work.",
        footer = {
            "",
            "Example: gossamer train --sparsity 0.95 --out runs/s95",
            "gossamer help COMMAND tells of a command, with an example.",
            "Exit codes: 0 good, 1 failure at run time, 2 usage or configuration.",
            "The engine is chosen by --backend NAME or -Dgossamer.backend=NAME."
        })
public final class Main implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Main() {}

    /** Runs the command and ends this JVM with its exit code: 0 good, 2 usage or configuration, 1 failure at run time. */
    public static void main(String[] args) {
        Charset out = System.out.charset();
        Charset err = System.err.charset();
        int code = run(new PrintWriter(System.out, true, out), new PrintWriter(System.err, true, err), args);
        System.out.flush();
        System.exit(code);
    }

    /**
     * Runs the command in this JVM.
     *
     * @param out for results
     * @param err for everything else
     * @return the exit code
     */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return line(out, err).execute(args);
    }

    /** The command with all that is below it, as yet without arguments. */
    static CommandLine line(PrintWriter out, PrintWriter err) {
        CommandLine completion = new CommandLine(new GenerateCompletion());
        completion.getCommandSpec().usageMessage().hidden(true);
        return Converters.register(new CommandLine(new Main())
                .addSubcommand(TrainCommand.line())
                .addSubcommand(new ResumeCommand())
                .addSubcommand(new ReproduceCommand())
                .addSubcommand(new ReportCommand())
                .addSubcommand(new CompareCommand())
                .addSubcommand(new ExportCommand())
                .addSubcommand(new PredictCommand())
                .addSubcommand(ConfigCommand.line())
                .addSubcommand(new MethodsCommand())
                .addSubcommand(new BackendsCommand())
                .addSubcommand(new InfoCommand())
                .addSubcommand(new TuneCommand())
                .addSubcommand(new DataCommand())
                .addSubcommand(completion)
                .addSubcommand(new HelpCommand())
                .setOverwrittenOptionsAllowed(true)
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(Failures::mistyped)
                .setExecutionExceptionHandler(new Failures()));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    /** The version in the manifest of the jar, and the JDK that runs it. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            return new String[] {
                "gossamer " + gossamer(),
                "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ", "
                        + System.getProperty("java.vm.name") + ")"
            };
        }

        private static String gossamer() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "(not from a jar)" : version;
        }
    }
}
