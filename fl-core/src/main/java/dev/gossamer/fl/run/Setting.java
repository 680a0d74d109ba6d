package dev.gossamer.fl.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key of a configuration: its default, what it may be, what it means.
 *
 * @param key in files; with two dashes before it on the command line
 * @param fallback its value where nothing is said
 * @param label a word for its value, for help
 * @param allowed for people, after "must be"
 * @param choices the values there are, where they have names; else empty
 * @param description for people: a sentence or two
 * @param parser the value of a text, or null if it is none that is allowed
 */
public record Setting(
        String key,
        Object fallback,
        String label,
        String allowed,
        List<String> choices,
        String description,
        Parser parser) {

    public Setting {
        choices = List.copyOf(choices);
    }

    /** A setting whose values have no names. */
    Setting(String key, Object fallback, String label, String allowed, String description, Parser parser) {
        this(key, fallback, label, allowed, List.of(), description, parser);
    }

    /** Reads a value. */
    @FunctionalInterface
    public interface Parser {
        /** The value; null, or a {@link NumberFormatException}, if the text is not one that is allowed. */
        @Nullable
        Object parse(String text);
    }

    static Setting text(String key, String fallback, String description) {
        return new Setting(key, fallback, "HOW", "text", description, text -> text.isEmpty() ? null : text);
    }

    static Setting oneOf(String key, String fallback, List<String> names, String description) {
        return new Setting(
                key,
                fallback,
                "NAME",
                "one of " + String.join(", ", names),
                names,
                description,
                text -> names.contains(text) ? text : null);
    }

    static Setting integer(String key, long fallback, long least, long most, String description) {
        String allowed =
                least == Long.MIN_VALUE ? "a whole number of 64 bits" : "a whole number from " + least + " to " + most;
        return new Setting(key, fallback, "N", allowed, description, text -> {
            long value = Long.parseLong(text);
            return value >= least && value <= most ? value : null;
        });
    }

    /** A number above 0, at most {@code most}. */
    static Setting positive(String key, double fallback, double most, String description) {
        String allowed = "a number above 0, at most " + plain(most);
        return new Setting(key, fallback, "X", allowed, description, text -> {
            double value = Double.parseDouble(text);
            return value > 0 && value <= most ? value : null;
        });
    }

    /** A number from {@code least} to {@code most}. */
    static Setting between(String key, double fallback, double least, double most, String description) {
        String allowed = "a number from " + plain(least) + " to " + plain(most);
        return new Setting(key, fallback, "X", allowed, description, text -> {
            double value = Double.parseDouble(text);
            return value >= least && value <= most ? value : null;
        });
    }

    /** A number from 0 to 1. */
    static Setting fraction(String key, double fallback, boolean oneIncluded, String description) {
        String allowed = oneIncluded ? "a number from 0 to 1" : "a number from 0 to below 1";
        return new Setting(key, fallback, "X", allowed, description, text -> {
            double value = Double.parseDouble(text);
            return value >= 0 && (oneIncluded ? value <= 1 : value < 1) ? value : null;
        });
    }

    /** The same key with another default. */
    Setting withFallback(Object newFallback) {
        return new Setting(key, newFallback, label, allowed, choices, description, parser);
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}
