package dev.gossamer.testkit.reference;

import dev.gossamer.engine.random.Philox;
import org.jspecify.annotations.Nullable;

/** Inverted dropout, and the addition of branches that it shares its end with. Both are defined to the bit. */
public final class Dropout {

    private Dropout() {}

    /** Which of the first {@code count} elements are kept. */
    public static boolean[] kept(int count, float rate, long key, int step, int site) {
        boolean[] kept = new boolean[count];
        long[] block = new long[2];
        for (int i = 0; i < count; i++) {
            Philox.block(key, i / 4, step, site, block, 0);
            kept[i] = Philox.word(block, 0, i % 4) >= rate * 0x1p32;
        }
        return kept;
    }

    /** {@code mask ⊙ (x·kept/(1 − rate) + beta·y)}; where {@code beta = 0}, y is not read. */
    public static float[] dropout(
            float[] x, float rate, boolean[] kept, float beta, float[] y, boolean @Nullable [] mask) {
        float scale = 1f / (1f - rate);
        float[] scaled = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            scaled[i] = kept[i] ? x[i] * scale : 0;
        }
        return add(scaled, beta, y, mask);
    }

    /** {@code mask ⊙ fma(beta, y, x)}; where {@code beta = 0}, y is not read. */
    public static float[] add(float[] x, float beta, float[] y, boolean @Nullable [] mask) {
        float[] out = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            float sum = beta == 0 ? x[i] : Math.fma(beta, y[i], x[i]);
            out[i] = mask == null || mask[i] ? sum : 0;
        }
        return out;
    }
}
