package dev.gossamer.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command {@code gossamer} that a page tells people to type.
 *
 * @param where the page and the line, for failures
 * @param kind what it is there for
 * @param arguments as the shell hands them over, without those that go to the JVM
 */
record PageCommand(String where, Kind kind, List<String> arguments) {

    /** What a command is there for. */
    enum Kind {
        TYPED,
        /** In a sentence, where what it needs may be left out. */
        MENTIONED,
        /** To show an error: its comment says that it is refused. */
        REFUSED
    }

    private static final Pattern INLINE = Pattern.compile("`((?:\\./|bin/)?gossamer [^`]+)`");

    private static final Set<String> NAMES =
            Set.of("gossamer", "./gossamer", "bin/gossamer", "fl-app/target/gossamer.jar");

    /** Those in the fenced blocks of kind {@code sh} of a page, and in its code between backticks. */
    static List<PageCommand> of(String page, String text) {
        List<PageCommand> found = new ArrayList<>();
        String fence = "";
        StringBuilder line = new StringBuilder();
        int number = 0;
        for (String raw : text.lines().toList()) {
            number++;
            if (raw.startsWith("```")) {
                fence = fence.isEmpty() ? raw : "";
            } else if (fence.equals("```sh")) {
                line.append(raw);
                if (raw.endsWith("\\")) {
                    line.setLength(line.length() - 1);
                    continue;
                }
                found.addAll(commands(
                        page + ":" + number,
                        line.indexOf("# refused") < 0 ? Kind.TYPED : Kind.REFUSED,
                        line.toString()));
                line.setLength(0);
            } else if (fence.isEmpty()) {
                for (Matcher code = INLINE.matcher(raw); code.find(); ) {
                    found.addAll(commands(page + ":" + number, Kind.MENTIONED, code.group(1)));
                }
            }
        }
        return found;
    }

    private static List<PageCommand> commands(String where, Kind kind, String line) {
        List<PageCommand> found = new ArrayList<>();
        for (List<String> words : simpleCommands(line)) {
            for (int i = 0; i < words.size(); i++) {
                if (NAMES.contains(words.get(i))) {
                    found.add(new PageCommand(
                            where,
                            kind,
                            words.subList(i + 1, words.size()).stream()
                                    .dropWhile(word -> word.startsWith("-D") || word.startsWith("-X"))
                                    .toList()));
                    break;
                }
            }
        }
        return found;
    }

    /** The words of each command of a line; quotes, comments and redirections are gone. */
    private static List<List<String>> simpleCommands(String line) {
        List<List<String>> commands = new ArrayList<>();
        List<String> words = new ArrayList<>();
        Matcher token = Pattern.compile(
                        "(?<=^|\\s)#.*|[|&;()]+|[<>]+\\s*(?!\\()[^\\s|&;()]*|(?:\"[^\"]*\"|'[^']*'|[^\\s|&;()<>\"'])+|[<>]")
                .matcher(line);
        while (token.find()) {
            String text = token.group();
            if (text.startsWith("#")) {
                break;
            } else if ("|&;()".indexOf(text.charAt(0)) >= 0) {
                commands.add(words);
                words = new ArrayList<>();
            } else if ("<>".indexOf(text.charAt(0)) < 0) {
                words.add(text.replaceAll("[\"']", ""));
            }
        }
        commands.add(words);
        return commands;
    }
}
