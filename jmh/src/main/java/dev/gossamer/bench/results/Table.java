package dev.gossamer.bench.results;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.Locale;

/** The rows of {@code bench quick} for people, a line each. */
public final class Table {

    private static final String LINE = "%-78s %9s %-8s %-24s %9s %6s %-14s %6s %-5s %6s";

    private Table() {}

    /** The line above the rows. */
    public static String head() {
        return String.format(LINE, "", "ours", "", "best peer", "its", "ratio", " [95 %]", "target", "", "of limit")
                .stripTrailing();
    }

    /** One row. */
    public static String line(Measured measured) {
        Row row = measured.row();
        Interval ratio = measured.ratio();
        boolean met = row.ratio() != null && row.target() != null && row.ratio() >= row.target();
        return String.format(
                        LINE,
                        row.name(),
                        digits(row.value()),
                        row.unit(),
                        row.peer() == null ? "-" : row.peer(),
                        row.peerValue() == null ? "" : digits(row.peerValue()),
                        row.ratio() == null ? "" : String.format(Locale.ROOT, "%.2f", row.ratio()),
                        ratio == null ? "" : String.format(Locale.ROOT, "[%.2f, %.2f]", ratio.low(), ratio.high()),
                        row.target() == null ? "" : String.format(Locale.ROOT, "%.2f", row.target()),
                        row.target() == null ? "" : met ? "met" : "below",
                        row.limitShare() == null ? "" : String.format(Locale.ROOT, "%.0f %%", 100 * row.limitShare()))
                .stripTrailing();
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    }
}
