package dev.gossamer.testkit.reference;

import dev.gossamer.engine.sparse.SparsityPattern;

/** Sparse matrix times dense matrix. Where {@code beta = 0}, c is not read. */
public final class Spmm {

    private Spmm() {}

    /** {@code alpha·A·B + beta·C}; A is the pattern with its values, m×k, B is k×n, C and the result are m×n. */
    public static float[] spmm(
            float alpha, SparsityPattern a, float[] values, float[] b, int n, float beta, float[] c) {
        float[] out = new float[a.rows() * n];
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < n; j++) {
                double sum = beta == 0 ? 0 : (double) beta * c[i * n + j];
                for (int p = a.rowStart(i); p < a.rowEnd(i); p++) {
                    sum += (double) alpha * values[p] * b[a.col(p) * n + j];
                }
                out[i * n + j] = (float) sum;
            }
        }
        return out;
    }

    /** {@code alpha·Aᵀ·B + beta·C}; A is m×k, B is m×n, C and the result are k×n. */
    public static float[] spmmTransposed(
            float alpha, SparsityPattern a, float[] values, float[] b, int n, float beta, float[] c) {
        double[] sums = new double[a.cols() * n];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = beta == 0 ? 0 : (double) beta * c[i];
        }
        for (int i = 0; i < a.rows(); i++) {
            for (int p = a.rowStart(i); p < a.rowEnd(i); p++) {
                for (int j = 0; j < n; j++) {
                    sums[a.col(p) * n + j] += (double) alpha * values[p] * b[i * n + j];
                }
            }
        }
        return Rounding.toFloats(sums);
    }
}
