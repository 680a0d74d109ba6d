package dev.gossamer.bench;

import dev.gossamer.bench.results.ResultException;
import dev.gossamer.engine.BackendSelectionException;
import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.run.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The main class of {@code benchmarks.jar}, which is {@code ./gossamer bench}. Arguments that begin with no command of ours are
 * JMH's.
 */
@Command(
        name = "gossamer bench",
        mixinStandardHelpOptions = true,
        description = "Measures the engine beside its peers.",
        footer = {
            "",
            "Example: gossamer bench quick --json now.json",
            "Exit codes: 0 good, 1 failure at run time or a comparison past its threshold, 2 usage.",
            "The engine is chosen by -Dgossamer.backend=NAME, its vectors by -Dgossamer.vector.bits=128, 256 or 512."
        })
public final class Main implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Main() {}

    /** Exit codes: 0 good, 1 failure at run time or a comparison past its threshold, 2 usage. */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    static int run(String... args) {
        CommandLine line = line();
        if (args.length > 0 && !isOurs(line, args[0])) {
            try {
                JmhRun.run(JmhRun.Group.ALL, null, null, List.of(args));
                return ExitCode.OK;
            } catch (Exception e) {
                return failed(e);
            }
        }
        return line.execute(args);
    }

    private static boolean isOurs(CommandLine line, String first) {
        return line.getSubcommands().containsKey(first)
                || Set.of("--help", "--version", "-V").contains(first);
    }

    /** The command with all that is below it, as yet without arguments. */
    static CommandLine line() {
        CommandLine line = new CommandLine(new Main());
        add(
                line,
                "quick",
                new QuickCommand(QuickCommand.Part.QUICK),
                "The table, in under three minutes.",
                "--json now.json");
        add(
                line,
                "full",
                new QuickCommand(QuickCommand.Part.FULL),
                "The table with every shape and matrix; takes longer.",
                "--forks 3 --json full.json");
        add(
                line,
                "pytorch",
                new QuickCommand(QuickCommand.Part.PYTORCH),
                "The rows of the table whose peer is PyTorch.",
                "--json pytorch.json");
        add(
                line,
                "models",
                new QuickCommand(QuickCommand.Part.MODELS),
                "A table like it of convolutional layers and models.",
                "--json models.json");
        add(line, "ops", new JmhCommand(JmhRun.Group.OPS), "JMH on single operations.", "Spmm -p density=0.1,0.05");
        add(line, "steps", new JmhCommand(JmhRun.Group.STEPS), "JMH on training steps.", "-prof gc");
        return line.addSubcommand(new SpmmPairs())
                .addSubcommand(new FederatedCommand())
                .addSubcommand(new MethodsCommand())
                .addSubcommand(new LossesCommand())
                .addSubcommand(new ServeCommand())
                .addSubcommand(new EngineRun())
                .addSubcommand(new OpServer())
                .addSubcommand(new CompareCommand())
                .addSubcommand(new ReportCommand())
                .addSubcommand(new HelpCommand())
                .setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setExecutionExceptionHandler(Main::failed);
    }

    private static void add(CommandLine line, String name, Object command, String summary, String example) {
        CommandLine sub = new CommandLine(command);
        sub.getCommandSpec().name(name);
        String[] more = sub.getCommandSpec().usageMessage().description();
        String[] description = new String[more.length + 1];
        description[0] = summary;
        System.arraycopy(more, 0, description, 1, more.length);
        sub.getCommandSpec().usageMessage().description(description);
        List<String> footer = new ArrayList<>(List.of("", "Example: gossamer bench " + name + " " + example));
        footer.addAll(List.of(sub.getCommandSpec().usageMessage().footer()));
        sub.getCommandSpec().usageMessage().footer(footer.toArray(String[]::new));
        line.addSubcommand(name, sub);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    private static int failed(Exception failure, CommandLine line, ParseResult arguments) {
        return failed(failure);
    }

    /** What the user has to put right is a line; the rest comes with where it happened. */
    private static int failed(Exception failure) {
        boolean users = failure instanceof BackendSelectionException
                || failure instanceof IllegalArgumentException
                || failure instanceof CommandLineOptionException
                || failure instanceof ResultException
                || failure instanceof DataException
                || failure instanceof ConfigException
                || failure instanceof MissingPeerException;
        System.err.println("benchmarks: " + (failure.getMessage() == null ? failure : failure.getMessage()));
        if (!users) {
            failure.printStackTrace();
        }
        return users ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }
}
