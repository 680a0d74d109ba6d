package dev.gossamer.testkit.reference;

import dev.gossamer.engine.sparse.SparsityPattern;

/** Sampled dense-dense matrix product. */
public final class Sddmm {

    private Sddmm() {}

    /**
     * {@code alpha·⟨A[i,:], B[j,:]⟩ + beta·C[i,j]} for every entry (i, j) of the pattern; A is m×n, B is k×n. Where
     * {@code beta = 0}, c is not read.
     */
    public static float[] sddmm(
            float alpha, SparsityPattern pattern, float[] a, float[] b, int n, float beta, float[] c) {
        float[] out = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((i, j, p) -> {
            double sum = 0;
            for (int l = 0; l < n; l++) {
                sum += (double) a[i * n + l] * b[j * n + l];
            }
            out[p] = (float) (alpha * sum + (beta == 0 ? 0 : (double) beta * c[p]));
        });
        return out;
    }
}
