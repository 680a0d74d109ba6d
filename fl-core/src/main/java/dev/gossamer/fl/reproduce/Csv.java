package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.report.CsvCell;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Comma-separated values (RFC 4180). */
final class Csv {

    private final StringBuilder text = new StringBuilder();

    void line(List<?> values) {
        text.append(values.stream().map(Csv::value).collect(Collectors.joining(",")))
                .append('\n');
    }

    void line(Object... values) {
        line(Arrays.asList(values));
    }

    private static String value(Object value) {
        return value instanceof Double number ? number(number) : CsvCell.quoted(String.valueOf(value));
    }

    /** Six digits, but of large counts all, as they are compared digit by digit. */
    private static String number(double number) {
        if (Double.isNaN(number)) {
            return "";
        }
        boolean count = number == Math.rint(number) && number >= 1e6 && number < 1e15;
        return count ? Long.toString((long) number) : String.format(Locale.ROOT, "%.6g", number);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
