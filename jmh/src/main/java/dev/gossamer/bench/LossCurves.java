package dev.gossamer.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The losses of the same training steps, each before its update.
 *
 * <p>Rounding differs wherever sums are taken in another order, and each step builds on the last: how fast right programs part
 * depends on the network and the rate. What float32 may do is therefore measured, by PyTorch in float32, once for each of its
 * two ways to convolve, against PyTorch in float64. All differences are from float64, relative, and "PyTorch's" is the larger
 * one of the two.
 *
 * <ul>
 *   <li>A step of ours may be {@link #FACTOR} times as far off as PyTorch's worst step so far, or {@link #FLOOR}. Once that is
 *       above {@link #LIMIT}, a step of two programs tells nothing about either, and steps are no longer judged one by one.
 *   <li>Over all steps, the root of the mean squared difference of ours may be {@link #SPREAD} times PyTorch's, or
 *       {@link #FLOOR}: programs that have parted for good are still as far apart as right programs are.
 * </ul>
 *
 * @param ours float32
 * @param theirs PyTorch's, float32
 * @param unfolded PyTorch's, float32, with the other convolutions
 * @param exact PyTorch's, float64
 */
@SuppressWarnings("ArrayRecordComponent") // read only, never compared
record LossCurves(double[] ours, double[] theirs, double[] unfolded, double[] exact) {

    static final double FACTOR = 10;

    /** Some dozen roundings of float32, 6e-8 each: a loss is a sum over the batch of what many layers rounded. */
    static final double FLOOR = 2e-6;

    static final double LIMIT = 1e-2;

    static final double SPREAD = 2;

    /** Steps of a moving mean. */
    static final int SMOOTH = 10;

    /** Relative; steps count from 0. */
    private double difference(double[] run, int step) {
        return Math.abs(run[step] - exact[step]) / Math.abs(exact[step]);
    }

    /** Ours to float64. */
    double difference(int step) {
        return difference(ours, step);
    }

    /** PyTorch's to float64. */
    double rounding(int step) {
        return Math.max(difference(theirs, step), difference(unfolded, step));
    }

    /** The largest {@link #difference} that a step may have; infinite from the step on that is no longer judged. */
    double allowed(int step) {
        double worst = 0;
        for (int s = 0; s <= step; s++) {
            worst = Math.max(worst, rounding(s));
        }
        double allowed = Math.max(FLOOR, FACTOR * worst);
        return allowed > LIMIT ? Double.POSITIVE_INFINITY : allowed;
    }

    /** How many steps are judged one by one. */
    int judged() {
        int judged = 0;
        while (judged < ours.length && Double.isFinite(allowed(judged))) {
            judged++;
        }
        return judged;
    }

    /** The first step that is further off than allowed, or -1; what is no number is off. */
    int firstOff() {
        for (int step = 0; step < ours.length; step++) {
            if (!(difference(step) <= allowed(step))) {
                return step;
            }
        }
        return -1;
    }

    /** Whether ours are as near to float64 as they have to be, step by step and over all. */
    boolean agree() {
        return firstOff() < 0 && spread(ours) <= allowedSpread();
    }

    /** The root of the mean squared difference over all steps. */
    private double spread(double[] run) {
        return Math.sqrt(differences(run).map(d -> d * d).average().orElse(Double.NaN));
    }

    private DoubleStream differences(double[] run) {
        return IntStream.range(0, run.length).mapToDouble(step -> difference(run, step));
    }

    private double allowedSpread() {
        return Math.max(FLOOR, SPREAD * Math.max(spread(theirs), spread(unfolded)));
    }

    private static double mean(double[] losses, int from, int to) {
        return Arrays.stream(losses, from, to).average().orElse(Double.NaN);
    }

    /** The largest relative difference of means over {@link #SMOOTH} steps, or all of them if there are fewer. */
    private double smoothed(double[] run) {
        int window = Math.min(SMOOTH, run.length);
        return IntStream.rangeClosed(0, run.length - window)
                .mapToDouble(from -> Math.abs(mean(run, from, from + window) / mean(exact, from, from + window) - 1))
                .max()
                .orElse(Double.NaN);
    }

    /** Markdown: the first step and every so many. */
    String steps(int every) {
        StringBuilder text =
                new StringBuilder(String.format("| step | Gossamer | PyTorch f32 | unfolded | PyTorch f64 |"
                        + " Gossamer to f64 | f32 to f64 | unfolded to f64 | allowed |%n"
                        + "|---:|---:|---:|---:|---:|---:|---:|---:|---:|%n"));
        for (int step = 0; step < ours.length; step++) {
            if (step == 0 || (step + 1) % every == 0) {
                text.append(String.format(
                        Locale.ROOT,
                        "| %d | %.7f | %.7f | %.7f | %.7f | %.1e | %.1e | %.1e | %s |%n",
                        step + 1,
                        ours[step],
                        theirs[step],
                        unfolded[step],
                        exact[step],
                        difference(step),
                        difference(theirs, step),
                        difference(unfolded, step),
                        Double.isFinite(allowed(step)) ? String.format(Locale.ROOT, "%.1e", allowed(step)) : "-"));
            }
        }
        return text.toString();
    }

    /** Markdown: what is over all steps. */
    String summary() {
        StringBuilder text = new StringBuilder(String.format(
                "| all steps | Gossamer | PyTorch f32 | unfolded | PyTorch f64 |%n|---|---:|---:|---:|---:|%n"));
        text.append(String.format(
                Locale.ROOT,
                "| mean loss | %.4f | %.4f | %.4f | %.4f |%n",
                mean(ours, 0, ours.length),
                mean(theirs, 0, ours.length),
                mean(unfolded, 0, ours.length),
                mean(exact, 0, ours.length)));
        text.append(line("difference, root of the mean square", this::spread));
        text.append(line("difference, mean", run -> differences(run).average().orElse(Double.NaN)));
        text.append(line("difference, largest", run -> differences(run).max().orElse(Double.NaN)));
        text.append(line("difference of means over " + SMOOTH + " steps, largest", this::smoothed));
        return text.toString();
    }

    private String line(String name, ToDoubleFunction<double[]> of) {
        return String.format(
                Locale.ROOT,
                "| %s | %.1e | %.1e | %.1e | |%n",
                name,
                of.applyAsDouble(ours),
                of.applyAsDouble(theirs),
                of.applyAsDouble(unfolded));
    }

    /** A line that says whether the curves agree. */
    String verdict() {
        int off = firstOff();
        if (off >= 0) {
            return String.format(
                    Locale.ROOT,
                    "The curves differ: step %d by %.1e, allowed %.1e.",
                    off + 1,
                    difference(off),
                    allowed(off));
        }
        return String.format(
                Locale.ROOT,
                "The curves %s: %d of %d steps judged one by one; over all steps %.1e, allowed %.1e.",
                agree() ? "agree" : "differ",
                judged(),
                ours.length,
                spread(ours),
                allowedSpread());
    }
}
