package dev.gossamer.testkit.reference;

import dev.gossamer.engine.sparse.SparsityPattern;

/** Sparse matrix times vector. */
public final class Spmv {

    private Spmv() {}

    /** {@code alpha·A·x + beta·y}; where {@code beta = 0}, y is not read. */
    public static float[] spmv(float alpha, SparsityPattern a, float[] values, float[] x, float beta, float[] y) {
        float[] out = new float[a.rows()];
        for (int i = 0; i < a.rows(); i++) {
            double sum = beta == 0 ? 0 : (double) beta * y[i];
            for (int p = a.rowStart(i); p < a.rowEnd(i); p++) {
                sum += (double) alpha * values[p] * x[a.col(p)];
            }
            out[i] = (float) sum;
        }
        return out;
    }
}
