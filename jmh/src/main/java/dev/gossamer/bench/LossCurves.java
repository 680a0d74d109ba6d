package dev.gossamer.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The losses of the same training steps, each before its update.
 *
 * <p>Rounding differs wherever sums are taken in another order, and each step builds on the last: how fast two right programs
 * part depends on the network and the rate. What float32 may do is therefore measured, by PyTorch's float32 against PyTorch's
 * float64. Ours may be {@link #FACTOR} times as far from PyTorch's float32 as that is from float64 at the worst step so far, or
 * {@link #FLOOR} where luck brings these close. Once that is above {@link #LIMIT}, a step of two programs tells nothing about
 * either, and the rest is shown but not judged.
 *
 * @param ours float32
 * @param theirs PyTorch's, float32
 * @param exact PyTorch's, float64
 */
@SuppressWarnings("ArrayRecordComponent") // read only, never compared
record LossCurves(double[] ours, double[] theirs, double[] exact) {

    static final double FACTOR = 10;

    /** Some roundings of float32, 6e-8 each: a loss is a sum over the batch of what many layers rounded. */
    static final double FLOOR = 2e-6;

    static final double LIMIT = 1e-2;

    /** Ours to PyTorch's float32, relative; steps count from 0. */
    double difference(int step) {
        return Math.abs(ours[step] - theirs[step]) / Math.abs(theirs[step]);
    }

    /** PyTorch's float32 to float64, relative. */
    double rounding(int step) {
        return Math.abs(theirs[step] - exact[step]) / Math.abs(exact[step]);
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

    /** How many steps are judged. */
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

    /** The largest difference of the steps that are judged. */
    private double largest() {
        return IntStream.range(0, judged()).mapToDouble(this::difference).max().orElse(Double.NaN);
    }

    /** Markdown: the first step and every so many. */
    String table(int every) {
        StringBuilder text = new StringBuilder(
                String.format("| step | Gossamer | PyTorch f32 | PyTorch f64 | difference | f32 to f64 | allowed |%n"
                        + "|---:|---:|---:|---:|---:|---:|---:|%n"));
        for (int step = 0; step < ours.length; step++) {
            if (step == 0 || (step + 1) % every == 0) {
                text.append(String.format(
                        Locale.ROOT,
                        "| %d | %.7f | %.7f | %.7f | %.1e | %.1e | %s |%n",
                        step + 1,
                        ours[step],
                        theirs[step],
                        exact[step],
                        difference(step),
                        rounding(step),
                        Double.isFinite(allowed(step)) ? String.format(Locale.ROOT, "%.1e", allowed(step)) : "-"));
            }
        }
        return text.toString();
    }

    /** Lines that say whether the curves agree, and what they are on average. */
    String verdict() {
        int off = firstOff();
        String judgement = off < 0
                ? String.format(
                        Locale.ROOT,
                        "The curves agree: %d of %d steps judged, largest difference %.1e.",
                        judged(),
                        ours.length,
                        largest())
                : String.format(
                        Locale.ROOT,
                        "The curves differ: step %d by %.1e, allowed %.1e.",
                        off + 1,
                        difference(off),
                        allowed(off));
        return String.format(
                Locale.ROOT,
                "%s%nMean of all losses: %.4f, PyTorch f32 %.4f, PyTorch f64 %.4f.",
                judgement,
                mean(ours),
                mean(theirs),
                mean(exact));
    }

    private static double mean(double[] losses) {
        return Arrays.stream(losses).average().orElse(Double.NaN);
    }
}
