package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A product of any geometry and its gradients, a linear one included. W is a pattern with its values,
 * {@code [outChannels, inChannels·kernelHeight·kernelWidth]}; activations are row-major {@code [features, batch]}. Where
 * {@code beta = 0}, the old output is not read.
 */
public final class Convolution {

    private static final int PADDING = -1;

    private Convolution() {}

    /**
     * {@code activation(W·x + beta·y + bias)}.
     *
     * @param bias one number per output channel, or null
     */
    public static float[] forward(
            Geometry g,
            SparsityPattern pattern,
            float[] w,
            float[] x,
            int batch,
            float beta,
            float[] y,
            float @Nullable [] bias,
            boolean relu) {
        float[] out = new float[Math.toIntExact(g.outShape(batch).size())];
        double[] sums = new double[batch];
        forEachOutput(g, (o, oy, ox, row) -> {
            for (int j = 0; j < batch; j++) {
                sums[j] = beta == 0 ? 0 : (double) beta * y[row * batch + j];
            }
            for (int p = pattern.rowStart(o); p < pattern.rowEnd(o); p++) {
                int from = inputRow(g, pattern.col(p), oy, ox);
                for (int j = 0; from != PADDING && j < batch; j++) {
                    sums[j] += (double) w[p] * x[from * batch + j];
                }
            }
            for (int j = 0; j < batch; j++) {
                double sum = bias == null ? sums[j] : sums[j] + bias[o];
                out[row * batch + j] = (float) (relu ? Math.max(sum, 0) : sum);
            }
        });
        return out;
    }

    /** {@code mask ⊙ (Wᵀ·gy + beta·gx)}, without a mask if it is null. */
    public static float[] inputGradient(
            Geometry g,
            SparsityPattern pattern,
            float[] w,
            float[] gy,
            int batch,
            float beta,
            float[] gx,
            boolean @Nullable [] mask) {
        double[] sums = new double[Math.toIntExact(g.inShape(batch).size())];
        Arrays.setAll(sums, i -> beta == 0 ? 0 : (double) beta * gx[i]);
        forEachOutput(g, (o, oy, ox, row) -> {
            for (int p = pattern.rowStart(o); p < pattern.rowEnd(o); p++) {
                int to = inputRow(g, pattern.col(p), oy, ox);
                for (int j = 0; to != PADDING && j < batch; j++) {
                    sums[to * batch + j] += (double) w[p] * gy[row * batch + j];
                }
            }
        });
        float[] out = Rounding.toFloats(sums);
        return mask == null ? out : Relu.gradient(mask, out);
    }

    /** {@code (gy·xᵀ at the entries of the pattern, summed over batch and output plane) + beta·gw}. */
    public static float[] weightGradient(
            Geometry g, SparsityPattern pattern, float[] x, float[] gy, int batch, float beta, float[] gw) {
        double[] sums = new double[Math.toIntExact(pattern.nnz())];
        Arrays.setAll(sums, p -> beta == 0 ? 0 : (double) beta * gw[p]);
        forEachOutput(g, (o, oy, ox, row) -> {
            for (int p = pattern.rowStart(o); p < pattern.rowEnd(o); p++) {
                int from = inputRow(g, pattern.col(p), oy, ox);
                for (int j = 0; from != PADDING && j < batch; j++) {
                    sums[p] += (double) gy[row * batch + j] * x[from * batch + j];
                }
            }
        });
        return Rounding.toFloats(sums);
    }

    /** {@code (gy summed over batch and plane, at the entries of the bias's pattern, one row of channels) + beta·gb}. */
    public static float[] biasGradient(
            Geometry g, SparsityPattern pattern, float[] gy, int batch, float beta, float[] gb) {
        int plane = g.outHeight() * g.outWidth() * batch;
        float[] out = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((row, o, p) -> {
            double sum = beta == 0 ? 0 : (double) beta * gb[p];
            for (int i = 0; i < plane; i++) {
                sum += gy[o * plane + i];
            }
            out[p] = (float) sum;
        });
        return out;
    }

    /** The row of the input that a column of W meets at an output position. */
    private static int inputRow(Geometry g, int col, int oy, int ox) {
        int ky = col / g.kernelWidth() % g.kernelHeight();
        int kx = col % g.kernelWidth();
        int channel = col / (g.kernelHeight() * g.kernelWidth());
        int iy = oy * g.stride() + ky - g.padding();
        int ix = ox * g.stride() + kx - g.padding();
        boolean inside = iy >= 0 && iy < g.inHeight() && ix >= 0 && ix < g.inWidth();
        return inside ? (channel * g.inHeight() + iy) * g.inWidth() + ix : PADDING;
    }

    private static void forEachOutput(Geometry g, OutputVisitor visitor) {
        int row = 0;
        for (int o = 0; o < g.outChannels(); o++) {
            for (int oy = 0; oy < g.outHeight(); oy++) {
                for (int ox = 0; ox < g.outWidth(); ox++) {
                    visitor.visit(o, oy, ox, row++);
                }
            }
        }
    }

    private interface OutputVisitor {
        void visit(int channel, int y, int x, int row);
    }
}
