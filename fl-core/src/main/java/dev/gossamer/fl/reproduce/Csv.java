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
        if (value instanceof Double number) {
            return Double.isNaN(number) ? "" : String.format(Locale.ROOT, "%.6g", number);
        }
        return CsvCell.quoted(String.valueOf(value));
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
