package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the pages and the helps tell people to type after {@code gossamer bench} exists. */
class DocsTest {

    private static final Path ROOT = Path.of("..");

    /** A line of a block, or code in a sentence; what follows a comment or a pipe is none of it. */
    private static final Pattern COMMAND =
            Pattern.compile("(?m)(?:^|`)(?:\\./)?gossamer(?: -[DX]\\S+)* bench ([^#|`<>\\n]+)");

    private static void check(String where, String arguments) {
        assertThatCode(() -> Main.line().parseArgs(arguments.strip().split("\\s+", -1)))
                .as("%s: gossamer bench %s", where, arguments)
                .doesNotThrowAnyException();
    }

    @Test
    void everyCommandOfThePagesCanBeTyped() throws IOException {
        int seen = 0;
        List<Path> pages;
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            pages = Stream.concat(
                            Stream.of(ROOT.resolve("README.md")),
                            docs.filter(path -> path.toString().endsWith(".md")))
                    .toList();
        }
        for (Path page : pages) {
            for (Matcher command = COMMAND.matcher(Files.readString(page)); command.find(); ) {
                seen++;
                check(page.toString(), command.group(1));
            }
        }
        assertThat(seen).isGreaterThan(25);
    }

    @Test
    void everyHelpHasAnExampleThatCanBeTyped() {
        for (Map.Entry<String, CommandLine> sub : Main.line().getSubcommands().entrySet()) {
            if (!sub.getValue().getCommandSpec().usageMessage().hidden()
                    && !sub.getKey().equals("help")) {
                List<String> examples = sub.getValue()
                        .getUsageMessage()
                        .lines()
                        .filter(line -> line.startsWith("Example: gossamer bench " + sub.getKey()))
                        .toList();

                assertThat(examples).as(sub.getKey()).hasSize(1);
                check(sub.getKey(), examples.getFirst().replace("Example: gossamer bench ", ""));
            }
        }
    }
}
