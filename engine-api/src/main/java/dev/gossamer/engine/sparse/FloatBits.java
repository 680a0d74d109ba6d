package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;

/** What the formats do with arrays of values: everything by bits, so that NaN and the sign of zero survive. */
final class FloatBits {

    private FloatBits() {}

    static boolean equal(float[] a, float[] b) {
        return MemorySegment.ofArray(a).mismatch(MemorySegment.ofArray(b)) == -1;
    }

    /** {@code out[i] = values[order[i]]}. */
    static float[] permute(float[] values, int[] order) {
        float[] out = new float[order.length];
        for (int i = 0; i < order.length; i++) {
            out[i] = values[order[i]];
        }
        return out;
    }

    static int[] permute(int[] indices, int[] order) {
        int[] out = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            out[i] = indices[order[i]];
        }
        return out;
    }

    static void checkCount(long nnz, float[] values) {
        if (values.length != nnz) {
            throw new IllegalArgumentException(nnz + " entries need as many values, got " + values.length);
        }
    }
}
