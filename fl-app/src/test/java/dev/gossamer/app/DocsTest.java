package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.reproduce.Reproduction;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.run.Setting;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What README.md and docs/ tell people to type exists, and so does what they link to. */
class DocsTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** Words that stand for what a reader has. */
    private static final Pattern PLACEHOLDER = Pattern.compile("[A-Z][A-Z-]*");

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)|(?:src|srcset)=\"([^\"]+)\"");

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                            docs.filter(path -> path.toString().endsWith(".md")).sorted())
                    .toList();
        }
    }

    private static void check(PageCommand command) {
        switch (command.kind()) {
            case TYPED -> check(command.arguments());
            case MENTIONED -> {
                try {
                    check(command.arguments());
                } catch (MissingParameterException e) {
                    assertThat(command.arguments())
                            .as("arguments beside those that are missing")
                            .hasSizeLessThan(3);
                }
            }
            case REFUSED ->
                assertThatThrownBy(() -> check(command.arguments()))
                        .isInstanceOfAny(ConfigException.class, UsageException.class);
        }
    }

    /** Parses a command as it is before it is executed, and looks its names up. */
    private static void check(List<String> arguments) {
        CommandLine line = Main.line(new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()));
        ParseResult command = line.parseArgs(arguments.toArray(String[]::new));
        if (!command.hasSubcommand()) {
            return;
        }
        ParseResult sub = command.subcommand();
        List<String> names = positionals(sub);
        switch (sub.commandSpec().name()) {
            case "train", "config" -> resolve(sub, names);
            case "methods" -> names.forEach(MethodCatalog::named);
            case "help" ->
                names.forEach(name -> assertThat(line.getSubcommands()).containsKey(name));
            case "reproduce" ->
                names.stream()
                        .filter(name -> !name.endsWith(".yaml") || name.startsWith("experiments/"))
                        .forEach(name -> Reproductions.find(
                                name.endsWith(".yaml") ? ROOT.resolve(name).toString() : name,
                                sub.matchedOptionValue("--scale", "short"),
                                List.of()));
            case "data" -> {
                if (sub.hasSubcommand()) {
                    positionals(sub.subcommand()).forEach(DataCommand::known);
                }
            }
            default -> {}
        }
    }

    private static List<String> positionals(ParseResult command) {
        return command.matchedPositionals().stream()
                .flatMap(positional -> positional.originalStringValues().stream())
                .filter(value -> !PLACEHOLDER.matcher(value).matches())
                .distinct()
                .toList();
    }

    /** The experiment of a command line, unless some of it is the reader's. */
    private static void resolve(ParseResult command, List<String> files) {
        Map<String, String> given = new HashMap<>();
        Stream.concat(ExperimentConfig.commonSettings().stream(), MethodCatalog.allOptions().stream())
                .map(Setting::key)
                .filter(key -> command.hasMatchedOption("--" + key))
                .forEach(key -> given.put(
                        key,
                        command.matchedOption("--" + key).originalStringValues().getLast()));
        if (command.hasMatchedOption("--set")) {
            command.matchedOption("--set")
                    .originalStringValues()
                    .forEach(pair ->
                            given.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1)));
        }
        Path file = files.isEmpty() ? null : ROOT.resolve(files.getFirst());
        boolean readers = given.values().stream()
                .anyMatch(value -> PLACEHOLDER.matcher(value).matches());
        if (!readers && (file == null || files.getFirst().startsWith("experiments/"))) {
            ExperimentConfig.resolve(file, given);
        }
    }

    @Test
    void everyCommandOfThePagesCanBeTyped() throws IOException {
        int seen = 0;
        for (Path page : pages()) {
            for (PageCommand command : PageCommand.of(ROOT.relativize(page).toString(), Files.readString(page))) {
                if (!command.arguments().isEmpty()
                        && !command.arguments().getFirst().equals("bench")) {
                    seen++;
                    assertThatCode(() -> check(command))
                            .as("%s: gossamer %s", command.where(), String.join(" ", command.arguments()))
                            .doesNotThrowAnyException();
                }
            }
        }
        assertThat(seen).isGreaterThan(80);
    }

    @Test
    void whatDoesNotExistIsFound() {
        assertThatThrownBy(() -> check(List.of("train", "--sparcity", "0.9")))
                .isInstanceOf(UnmatchedArgumentException.class);
        assertThatThrownBy(() -> check(List.of("train", "--method", "fedavg", "--alpha", "2")))
                .isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> check(List.of("config", "experiments/no-such.yaml")))
                .isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> check(List.of("reproduce", "fedsparsify-table9")))
                .isInstanceOf(UsageException.class);
        assertThatThrownBy(() -> check(List.of("data", "fetch", "imagenet"))).isInstanceOf(UsageException.class);
    }

    @Test
    void commandsAreReadAsAShellReadsThem() {
        String page = """
                Type `gossamer resume DIR` or `./gossamer help train`.
                ```sh
                ./gossamer -Xmx2g -Dgossamer.backend=reference train --rounds 3 \\
                    --out "runs/a b" > table.txt   # ./gossamer no
                source <(./gossamer generate-completion)
                cd x && bin/gossamer backends --json | head; sleep 1  # refused
                ```
                ```
                ./gossamer output
                ```
                """;

        assertThat(PageCommand.of("p", page))
                .containsExactly(
                        new PageCommand("p:1", PageCommand.Kind.MENTIONED, List.of("resume", "DIR")),
                        new PageCommand("p:1", PageCommand.Kind.MENTIONED, List.of("help", "train")),
                        new PageCommand(
                                "p:4", PageCommand.Kind.TYPED, List.of("train", "--rounds", "3", "--out", "runs/a b")),
                        new PageCommand("p:5", PageCommand.Kind.TYPED, List.of("generate-completion")),
                        new PageCommand("p:6", PageCommand.Kind.REFUSED, List.of("backends", "--json")));
    }

    @Test
    void theGridOfThePageIsOne() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/reproduce.md"));
        String yaml = page.substring(page.indexOf("```yaml\n") + 8);

        Reproduction grid =
                Reproduction.parse("sweep", yaml.substring(0, yaml.indexOf("```")), "page", "short", List.of());

        assertThat(grid.cellCount()).isEqualTo(5);
        assertThat(page).contains("5 of 5 cells");
    }

    @Test
    void linksLeadSomewhere() throws IOException {
        for (Path page : pages()) {
            for (Matcher link = LINK.matcher(Files.readString(page)); link.find(); ) {
                String target = link.group(1) == null ? link.group(2) : link.group(1);
                if (!target.matches("[a-z]+:.*")) {
                    checkLink(page, target);
                }
            }
        }
    }

    private static void checkLink(Path page, String target) throws IOException {
        String[] parts = target.split("#", 2);
        Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        assertThat(file).as("%s links to %s", ROOT.relativize(page), target).exists();
        if (parts.length == 2) {
            assertThat(anchors(Files.readString(file)))
                    .as("%s links to %s", ROOT.relativize(page), target)
                    .contains(parts[1]);
        }
    }

    /** What the headings of a page can be linked by: as GitHub makes it of their text. */
    private static Set<String> anchors(String text) {
        return text.lines()
                .filter(line -> line.matches("#{1,6} .*"))
                .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
                .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
                .collect(Collectors.toSet());
    }
}
