package dev.gossamer.app.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * One of the two directions of a plot.
 *
 * @param label with the unit
 * @param log whether equal ratios are equally far apart
 * @param low value at the left or the bottom
 * @param high value at the other end, above {@code low}
 * @param ticks within the two
 */
record Axis(String label, boolean log, double low, double high, List<Tick> ticks) {

    /** A range that begins this close to zero, measured by its end, begins at zero. */
    private static final double NEAR_ZERO = 0.35;

    private static final double[] NICE = {1, 2, 2.5, 5, 10};

    private static final double[] WITHIN_DECADE = {1, 2, 5};

    /** A value that is told. */
    record Tick(double value, String text) {}

    /**
     * An axis for these values.
     *
     * @param log then values of 0 and less are none
     * @param exact whether it ends where the values do; otherwise at ticks
     * @param steps as many as there may be between ticks
     */
    static Axis of(String label, boolean log, boolean exact, DoubleStream values, int steps) {
        double[] shown = values.filter(value -> Double.isFinite(value) && (!log || value > 0))
                .toArray();
        double low = Arrays.stream(shown).min().orElse(log ? 0.1 : 0);
        double high = Arrays.stream(shown).max().orElse(1);
        return log ? logarithmic(label, exact, low, high, steps) : linear(label, exact, low, high, steps);
    }

    /** An axis from one value to another, with ticks of its own. */
    static Axis between(String label, boolean log, double low, double high, int steps) {
        return log ? logarithmic(label, true, low, high, steps) : linear(label, true, low, high, steps);
    }

    /** The same with other ticks; those outside are left out. */
    Axis withTicks(List<Tick> others) {
        return new Axis(
                label,
                log,
                low,
                high,
                others.stream()
                        .filter(tick -> tick.value() >= low && tick.value() <= high)
                        .toList());
    }

    /** Where a value is, from 0 to 1; beyond, if it is outside. */
    double place(double value) {
        return log
                ? (StrictMath.log(value) - StrictMath.log(low)) / (StrictMath.log(high) - StrictMath.log(low))
                : (value - low) / (high - low);
    }

    private static Axis linear(String label, boolean exact, double least, double most, int steps) {
        double low = least;
        double high = most;
        if (low == high) {
            double room = low == 0 ? 1 : Math.abs(low) * 0.05;
            low -= low == 0 ? 0 : room;
            high += room;
        } else if (!exact && low > 0 && low < NEAR_ZERO * high) {
            low = 0;
        }
        double step = step(high - low, steps);
        if (!exact) {
            low = Math.floor(low / step + 1e-9) * step;
            high = Math.ceil(high / step - 1e-9) * step;
        }
        List<Tick> ticks = new ArrayList<>();
        long first = (long) Math.ceil(low / step - 1e-9);
        long last = (long) Math.floor(high / step + 1e-9);
        for (long i = first; i <= last; i++) {
            ticks.add(new Tick(i * step, text(i * step, step)));
        }
        return new Axis(label, false, low, high, List.copyOf(ticks));
    }

    private static double step(double range, int steps) {
        double least = range / steps;
        double decade = power(Math.floor(StrictMath.log10(least)));
        return Arrays.stream(NICE)
                .map(nice -> nice * decade)
                .filter(step -> step >= least * (1 - 1e-9))
                .findFirst()
                .orElse(10 * decade);
    }

    /** Exact for the powers that plots have. */
    private static double power(double exponent) {
        return Double.parseDouble("1e" + (long) exponent);
    }

    private static Axis logarithmic(String label, boolean exact, double least, double most, int steps) {
        double low = least;
        double high = most;
        if (low == high) {
            low /= 2;
            high *= 2;
        }
        int first = (int) Math.floor(StrictMath.log10(low) + 1e-9);
        int last = (int) Math.ceil(StrictMath.log10(high) - 1e-9);
        List<Tick> all = new ArrayList<>();
        int every = Math.max(1, Math.ceilDiv(last - first, 2 * steps));
        for (int decade = first; decade <= last; decade += every) {
            for (double digit : 3 * (last - first) <= 2 * steps ? WITHIN_DECADE : new double[] {1}) {
                double value = digit * power(decade);
                all.add(new Tick(value, text(value, value)));
            }
        }
        if (!exact) {
            double lowest = low;
            double highest = high;
            low = all.stream()
                    .mapToDouble(Tick::value)
                    .filter(value -> value <= lowest * (1 + 1e-9))
                    .max()
                    .orElse(low);
            high = all.stream()
                    .mapToDouble(Tick::value)
                    .filter(value -> value >= highest * (1 - 1e-9))
                    .min()
                    .orElse(high);
        }
        return new Axis(label, true, low, high, all).withTicks(all);
    }

    /**
     * A number for people.
     *
     * @param step between the numbers that it is told with
     */
    private static String text(double value, double step) {
        double size = Math.max(Math.abs(value), step);
        if (size >= 1e7 || size < 1e-4) {
            return value == 0 ? "0" : String.format(Locale.ROOT, "%.3g", value).replaceFirst("\\.?0*e", "e");
        }
        int decimals = 0;
        while (decimals < 6 && Math.abs(Math.rint(step * power(decimals)) - step * power(decimals)) > 1e-6) {
            decimals++;
        }
        String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
        return text.startsWith("-") ? "\u2212" + text.substring(1) : text;
    }
}
