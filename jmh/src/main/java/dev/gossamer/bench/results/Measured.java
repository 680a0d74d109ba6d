package dev.gossamer.bench.results;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A row, and how sure its numbers are.
 *
 * @param value the interval that holds the true median of our value with at least 95 %; {@link Interval#UNKNOWN} where there is
 *     none, as of a limit, or of too few rounds
 * @param ratio the same of the ratio; null where the row has none
 * @param flopsPerByte FLOP for each byte of operands and results, counted once; null where that means nothing
 */
public record Measured(
        Row row,
        Interval value,
        @Nullable Interval ratio,
        @Nullable Double flopsPerByte) {

    /** Whether a row reaches its target. */
    public enum Verdict {
        /** The whole interval of the ratio does. */
        MET,
        /** It lies on both sides. */
        UNCLEAR,
        /** None of it does. */
        BELOW
    }

    /** What can be said of the ratio and the target; null where the row has none. */
    public @Nullable Verdict verdict() {
        Double target = row.target();
        if (target == null || ratio == null) {
            return null;
        }
        // Written so that ends that are not numbers are unclear.
        return ratio.low() >= target ? Verdict.MET : ratio.high() < target ? Verdict.BELOW : Verdict.UNCLEAR;
    }

    /** From {@code low} to {@code high}, both included. */
    public record Interval(double low, double high) {

        /** Where nothing is known of how sure a number is. */
        public static final Interval UNKNOWN = new Interval(Double.NaN, Double.NaN);

        /** Whether both ends are numbers. */
        public boolean known() {
            return !Double.isNaN(low) && !Double.isNaN(high);
        }

        /** For tables: {@code [0.95, 1.05]}, or a dash where it is not known. */
        public String text() {
            return known() ? String.format(Locale.ROOT, "[%.2f, %.2f]", low, high) : "-";
        }

        /** Whether two intervals share a number. An end that is not a number overlaps everything: nothing is known. */
        public boolean overlaps(Interval other) {
            return !(high < other.low || other.high < low);
        }

        public double half() {
            return (high - low) / 2;
        }
    }
}
