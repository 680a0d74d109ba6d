package dev.gossamer.app;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/**
 * What words of the command line become. The parser names the option and adds the reason, which here is for people: its own
 * speaks of Java's types, and takes an empty word, as of a variable that is not set, for the path of the current folder.
 */
final class Converters {

    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d+");

    private Converters() {}

    /** For a command and all that are below it. */
    static CommandLine register(CommandLine line) {
        return line.registerConverter(Path.class, Converters::path)
                .registerConverter(URI.class, Converters::address)
                .registerConverter(int.class, text -> whole(text, Integer::valueOf))
                .registerConverter(Integer.class, text -> whole(text, Integer::valueOf))
                .registerConverter(Long.class, text -> whole(text, Long::valueOf));
    }

    private static Path path(String text) {
        if (text.isBlank()) {
            throw new TypeConversionException("it is empty, but must be a path");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("'" + text + "' is not a path of this system: " + e.getReason());
        }
    }

    private static URI address(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new TypeConversionException("'" + text + "' is not an address: " + e.getReason());
        }
    }

    private static <T> T whole(String text, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException e) {
            boolean large = WHOLE.matcher(text).matches();
            throw new TypeConversionException("'" + text + "' is " + (large ? "too large" : "not a whole number"));
        }
    }

    /** A word that has to set a key. */
    static String pair(String text) {
        if (text.indexOf('=') < 1) {
            throw new TypeConversionException("it takes KEY=VALUE, got '" + text + "'");
        }
        return text;
    }
}
