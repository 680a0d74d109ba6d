package dev.gossamer.fl.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key of a configuration: its default and what it may be.
 *
 * @param allowed for people, after "must be"
 * @param parser the value of a text, or null if it is none that is allowed
 */
record Setting(String key, Object fallback, String allowed, Parser parser) {

    /** Reads a value. */
    @FunctionalInterface
    interface Parser {
        /** The value; null, or a {@link NumberFormatException}, if the text is not one that is allowed. */
        @Nullable
        Object parse(String text);
    }

    static Setting text(String key, String fallback) {
        return new Setting(key, fallback, "text", text -> text.isEmpty() ? null : text);
    }

    static Setting oneOf(String key, String fallback, List<String> names) {
        return new Setting(
                key, fallback, "one of " + String.join(", ", names), text -> names.contains(text) ? text : null);
    }

    static Setting integer(String key, long fallback, long least, long most) {
        String allowed = least == Long.MIN_VALUE ? "a whole number" : "a whole number from " + least + " to " + most;
        return new Setting(key, fallback, allowed, text -> {
            long value = Long.parseLong(text);
            return value >= least && value <= most ? value : null;
        });
    }

    /** A number above 0, at most {@code most}. */
    static Setting positive(String key, double fallback, double most) {
        return new Setting(key, fallback, "a number above 0, at most " + plain(most), text -> {
            double value = Double.parseDouble(text);
            return value > 0 && value <= most ? value : null;
        });
    }

    /** A number from 0 to 1. */
    static Setting fraction(String key, double fallback, boolean oneIncluded) {
        String allowed = oneIncluded ? "a number from 0 to 1" : "a number from 0 to below 1";
        return new Setting(key, fallback, allowed, text -> {
            double value = Double.parseDouble(text);
            return value >= 0 && (oneIncluded ? value <= 1 : value < 1) ? value : null;
        });
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}
