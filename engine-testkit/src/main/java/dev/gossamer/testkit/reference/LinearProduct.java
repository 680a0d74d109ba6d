package dev.gossamer.testkit.reference;

import dev.gossamer.engine.sparse.SparsityPattern;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected layer and its gradients. W is a pattern with its values, {@code [out, in]}; activations are row-major
 * {@code [features, batch]}. Where {@code beta = 0}, the old output is not read.
 */
public final class LinearProduct {

    private LinearProduct() {}

    /**
     * {@code activation(W·x + beta·y + bias)}.
     *
     * @param bias one number per output, or null
     */
    public static float[] forward(
            SparsityPattern pattern,
            float[] w,
            float[] x,
            int batch,
            float beta,
            float[] y,
            float @Nullable [] bias,
            boolean relu) {
        float[] out = new float[pattern.rows() * batch];
        for (int i = 0; i < pattern.rows(); i++) {
            for (int j = 0; j < batch; j++) {
                double sum = beta == 0 ? 0 : (double) beta * y[i * batch + j];
                for (int p = pattern.rowStart(i); p < pattern.rowEnd(i); p++) {
                    sum += (double) w[p] * x[pattern.col(p) * batch + j];
                }
                if (bias != null) {
                    sum += bias[i];
                }
                out[i * batch + j] = (float) (relu ? Math.max(sum, 0) : sum);
            }
        }
        return out;
    }

    /** {@code mask ⊙ (Wᵀ·gy + beta·gx)}, without a mask if it is null. */
    public static float[] inputGradient(
            SparsityPattern pattern,
            float[] w,
            float[] gy,
            int batch,
            float beta,
            float[] gx,
            boolean @Nullable [] mask) {
        float[] out = Spmm.spmmTransposed(1, pattern, w, gy, batch, beta, gx);
        return mask == null ? out : Relu.gradient(mask, out);
    }

    /** {@code (gy·xᵀ at the entries of the pattern) + beta·gw}. */
    public static float[] weightGradient(
            SparsityPattern pattern, float[] x, float[] gy, int batch, float beta, float[] gw) {
        return Sddmm.sddmm(1, pattern, gy, x, batch, beta, gw);
    }

    /** {@code (gy summed over the batch, at the entries of the bias's pattern, one row of outputs) + beta·gb}. */
    public static float[] biasGradient(SparsityPattern pattern, float[] gy, int batch, float beta, float[] gb) {
        float[] out = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((row, i, p) -> {
            double sum = beta == 0 ? 0 : (double) beta * gb[p];
            for (int j = 0; j < batch; j++) {
                sum += gy[i * batch + j];
            }
            out[p] = (float) sum;
        });
        return out;
    }
}
