package dev.gossamer.testkit.reference;

/** Dense matrix product. */
public final class Gemm {

    private Gemm() {}

    /**
     * {@code alpha·op(A)·op(B) + beta·C}, op being the transpose where asked; op(A) is m×k, op(B) is k×n, C and the result
     * are m×n. Where {@code beta = 0}, c is not read.
     */
    public static float[] gemm(
            boolean transposeA,
            boolean transposeB,
            int m,
            int k,
            int n,
            float alpha,
            float[] a,
            float[] b,
            float beta,
            float[] c) {
        float[] out = new float[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < k; l++) {
                    float left = transposeA ? a[l * m + i] : a[i * k + l];
                    float right = transposeB ? b[j * k + l] : b[l * n + j];
                    sum += (double) left * right;
                }
                out[i * n + j] = (float) (alpha * sum + (beta == 0 ? 0 : (double) beta * c[i * n + j]));
            }
        }
        return out;
    }
}
