package dev.gossamer.testkit.reference;

import dev.gossamer.engine.sparse.SparsityPattern;

/** Which elements of a dense matrix stay when it becomes sparse. */
public final class Sparsify {

    private Sparsify() {}

    /** The elements with {@code |x| >= threshold}; NaN is refused. */
    public static SparsityPattern byThreshold(int rows, int cols, float[] dense, float threshold) {
        Selection.refuseNan(dense);
        return SparsityPattern.fromMask(rows, cols, (r, c) -> Math.abs(dense[r * cols + c]) >= threshold);
    }

    /** The {@code keep} elements of largest magnitude, of equals those of lower row-major index. */
    public static SparsityPattern top(int rows, int cols, float[] dense, long keep) {
        boolean[] kept = Selection.keepTop(dense, keep);
        return SparsityPattern.fromMask(rows, cols, (r, c) -> kept[r * cols + c]);
    }
}
