package dev.gossamer.app;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Commands that are printed to be typed: a shell reads each word as one, blanks, quotes and stars in it included. */
final class Shell {

    /** What no shell reads as anything but itself. */
    private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}_@%+=:,./-]+");

    private Shell() {}

    static String command(List<String> words) {
        return words.stream().map(Shell::word).collect(Collectors.joining(" "));
    }

    static String word(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
