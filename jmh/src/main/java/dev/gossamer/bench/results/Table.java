package dev.gossamer.bench.results;

import dev.gossamer.bench.results.Measured.Interval;
import dev.gossamer.bench.results.Measured.Verdict;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rows of {@code bench quick} for people, a line each. */
public final class Table {

    private static final String LINE = "%-78s %9s %-8s %-24s %9s %6s %-14s %6s %-7s %6s";

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
        Verdict verdict = measured.verdict();
        return String.format(
                        LINE,
                        row.name(),
                        digits(row.value()),
                        row.unit(),
                        row.peer() == null ? "-" : row.peer(),
                        row.peerValue() == null ? "" : digits(row.peerValue()),
                        row.ratio() == null ? "" : String.format(Locale.ROOT, "%.2f", row.ratio()),
                        ratio == null ? "" : ratio.text(),
                        row.target() == null ? "" : String.format(Locale.ROOT, "%.2f", row.target()),
                        verdict == null ? "" : verdict.name().toLowerCase(Locale.ROOT),
                        row.limitShare() == null ? "" : String.format(Locale.ROOT, "%.0f %%", 100 * row.limitShare()))
                .stripTrailing();
    }

    /** How many targets are met, and which are surely not. */
    public static String summary(List<Measured> rows) {
        Map<Verdict, List<String>> names = new EnumMap<>(Verdict.class);
        for (Measured measured : rows) {
            Verdict verdict = measured.verdict();
            if (verdict != null) {
                names.computeIfAbsent(verdict, key -> new ArrayList<>())
                        .add(measured.row().name());
            }
        }
        StringBuilder text = new StringBuilder("# targets:");
        for (Verdict verdict : Verdict.values()) {
            text.append(' ')
                    .append(names.getOrDefault(verdict, List.of()).size())
                    .append(' ')
                    .append(verdict.name().toLowerCase(Locale.ROOT));
        }
        names.getOrDefault(Verdict.BELOW, List.of())
                .forEach(name ->
                        text.append(System.lineSeparator()).append("# below: ").append(name));
        return text.toString();
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    }
}
