package dev.gossamer.bench;

import dev.gossamer.testkit.Close;
import java.util.Arrays;
import java.util.SplittableRandom;

/** The magnitude of the k-th largest of some numbers that are distributed as weights are, and it by sorting. */
final class TopKProblem {

    final float[] values;
    final int keep;

    /** The {@code density} largest part of {@code count} numbers. */
    TopKProblem(int count, double density, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        this.values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (0.05 * random.nextGaussian());
        }
        this.keep = (int) Math.round(density * count);
    }

    /** One comparison a number; each is read once. */
    Work work() {
        return new Work(0, 4.0 * values.length);
    }

    /** Runs the contender once and fails unless its answer is the very number. */
    void verify(String who, Contender contender) {
        float[] sorted = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            sorted[i] = Math.abs(values[i]);
        }
        Arrays.sort(sorted);
        contender.run();
        Close.sameBits(who, contender.result(), new float[] {sorted[sorted.length - keep]});
    }
}
