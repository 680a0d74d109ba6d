package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command shows how it is typed. */
class HelpTest {

    private static final String EXAMPLE = "Example: ";

    private static CommandLine line() {
        return Main.line(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()));
    }

    /** The commands that help lists, and those below them, by what is typed. */
    private static List<List<String>> commands(CommandLine line, List<String> path) {
        List<List<String>> all = new ArrayList<>(List.of(path));
        for (Map.Entry<String, CommandLine> sub : line.getSubcommands().entrySet()) {
            if (!sub.getValue().getCommandSpec().usageMessage().hidden()
                    && !sub.getKey().equals("help")) {
                List<String> longer = new ArrayList<>(path);
                longer.add(sub.getKey());
                all.addAll(commands(sub.getValue(), longer));
            }
        }
        return all;
    }

    @Test
    void everyHelpHasAnExampleOfItsCommandThatCanBeTyped() {
        List<List<String>> commands = commands(line(), List.of());
        assertThat(commands).contains(List.of("train"), List.of("data", "fetch"), List.of("reproduce", "list"));
        for (List<String> command : commands) {
            List<String> asked = new ArrayList<>(command);
            asked.add("--help");
            Cli.Outcome outcome = Cli.run(asked.toArray(String[]::new));

            assertThat(outcome.code()).isZero();
            List<PageCommand> examples = outcome.out()
                    .lines()
                    .filter(text -> text.startsWith(EXAMPLE))
                    .flatMap(text -> PageCommand.of("help", "`" + text.substring(EXAMPLE.length()) + "`").stream())
                    .toList();
            assertThat(examples).as(asked.toString()).isNotEmpty().allSatisfy(example -> {
                assertThat(example.arguments().subList(0, command.size())).isEqualTo(command);
                assertThatCode(() -> line().parseArgs(example.arguments().toArray(String[]::new)))
                        .doesNotThrowAnyException();
            });
        }
    }

    /** What goes wrong is answered with the advice to run the command again with it. */
    @Test
    void everyCommandThatDoesSomethingCanSayMore() {
        for (List<String> command : commands(line(), List.of())) {
            CommandLine itself = line();
            for (String name : command) {
                itself = Objects.requireNonNull(itself.getSubcommands().get(name));
            }
            if (!command.isEmpty() && !command.equals(List.of("data"))) {
                assertThat(itself.getCommandSpec().findOption(Output.VERBOSE))
                        .as(command.toString())
                        .isNotNull();
            }
        }
    }

    @Test
    void helpOfACommandIsTheSameEitherWay() {
        for (String name : line().getSubcommands().keySet()) {
            if (!name.equals("help")) {
                assertThat(Cli.run("help", name)).as(name).isEqualTo(Cli.run(name, "--help"));
            }
        }
    }
}
