package dev.gossamer.testkit;

import java.util.Arrays;

/** Small arithmetic on arrays that checks need. */
public final class Numbers {

    private Numbers() {}

    /** {@code |x|} of each number: what an oracle needs to give {@code Σ|a_i·b_i|}. */
    public static float[] abs(float[] x) {
        float[] magnitudes = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            magnitudes[i] = Math.abs(x[i]);
        }
        return magnitudes;
    }

    /** {@code count} times the same number. */
    public static float[] filled(long count, float value) {
        float[] filled = new float[Math.toIntExact(count)];
        Arrays.fill(filled, value);
        return filled;
    }

    /** {@code count} NaNs: an output that must not be read, an input that must not be seen. */
    public static float[] nan(long count) {
        return filled(count, Float.NaN);
    }
}
