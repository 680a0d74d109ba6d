package dev.gossamer.testkit.reference;

import dev.gossamer.engine.sparse.SparsityPattern;

/** Between a dense matrix and the entries of a pattern. */
public final class GatherScatter {

    private GatherScatter() {}

    /** The dense matrix's numbers at the entries of the pattern. */
    public static float[] gather(SparsityPattern pattern, float[] dense) {
        float[] values = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((r, c, p) -> values[p] = dense[r * pattern.cols() + c]);
        return values;
    }

    /** The dense matrix that has the values at the entries of the pattern and 0 elsewhere. */
    public static float[] scatter(SparsityPattern pattern, float[] values) {
        float[] dense = new float[Math.toIntExact(pattern.size())];
        pattern.forEach((r, c, p) -> dense[r * pattern.cols() + c] = values[p]);
        return dense;
    }
}
