package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation of row-major activations, channel by channel over samples and plane. Gamma and beta are one number per
 * channel.
 */
public final class BatchNormalization {

    private BatchNormalization() {}

    /** Mean and variance (without Bessel's correction) of each channel. */
    @SuppressWarnings("ArrayRecordComponent") // a pair of results, never compared
    public record Statistics(double[] mean, double[] variance) {

        /** Those of a batch. */
        public static Statistics of(Shape shape, float[] x) {
            Statistics of = new Statistics(new double[shape.channels()], new double[shape.channels()]);
            int count = x.length / shape.channels();
            for (int c = 0; c < shape.channels(); c++) {
                for (int i = 0; i < count; i++) {
                    of.mean[c] += (double) x[c * count + i] / count;
                }
                for (int i = 0; i < count; i++) {
                    of.variance[c] += Math.pow(x[c * count + i] - of.mean[c], 2) / count;
                }
            }
            return of;
        }

        /** Those kept for inference. */
        public static Statistics running(float[] mean, float[] variance) {
            Statistics of = new Statistics(new double[mean.length], new double[mean.length]);
            for (int c = 0; c < mean.length; c++) {
                of.mean[c] = mean[c];
                of.variance[c] = variance[c];
            }
            return of;
        }

        public double inverseDeviation(int channel, float epsilon) {
            return 1 / Math.sqrt(variance[channel] + epsilon);
        }

        /** {@code (1 − momentum)·running + momentum·mean}. */
        public float[] runningMean(float[] running, float momentum) {
            float[] next = new float[running.length];
            for (int c = 0; c < next.length; c++) {
                next[c] = (float) ((1.0 - momentum) * running[c] + momentum * mean[c]);
            }
            return next;
        }

        /** {@code (1 − momentum)·running + momentum·variance}, the variance with Bessel's correction if there are two values. */
        public float[] runningVariance(float[] running, float momentum, int count) {
            double correction = count > 1 ? (double) count / (count - 1) : 1;
            float[] next = new float[running.length];
            for (int c = 0; c < next.length; c++) {
                next[c] = (float) ((1.0 - momentum) * running[c] + momentum * correction * variance[c]);
            }
            return next;
        }
    }

    /** {@code activation(gamma·(x − mean)·inverseDeviation + beta + residual)}. */
    public static float[] forward(
            Shape shape,
            float[] x,
            Statistics statistics,
            float[] gamma,
            float[] beta,
            float epsilon,
            float @Nullable [] residual,
            boolean relu) {
        float[] y = new float[x.length];
        int count = x.length / shape.channels();
        for (int i = 0; i < x.length; i++) {
            int c = i / count;
            double normal = (x[i] - statistics.mean[c]) * statistics.inverseDeviation(c, epsilon);
            double sum = gamma[c] * normal + beta[c] + (residual == null ? 0 : residual[i]);
            y[i] = (float) (relu ? Math.max(sum, 0) : sum);
        }
        return y;
    }

    /** Gradients with respect to x, gamma and beta; the latter two of every channel. */
    @SuppressWarnings("ArrayRecordComponent") // three results, never compared
    public record Gradients(float[] gx, float[] gGamma, float[] gBeta) {}

    /**
     * {@code gBeta = Σ gy}, {@code gGamma = Σ gy·x̂}, {@code gx = mask ⊙ (gamma·inverseDeviation·(gy − gBeta/m − x̂·gGamma/m)
     * + beta·gx)}; where {@code beta = 0}, the old gx is not read.
     *
     * @param mean and inverseDeviation: what the forward pass saved
     */
    public static Gradients gradient(
            Shape shape,
            float[] x,
            float[] mean,
            float[] inverseDeviation,
            float[] gamma,
            float[] gy,
            float beta,
            float[] gx,
            boolean @Nullable [] mask) {
        Gradients out = new Gradients(new float[x.length], new float[mean.length], new float[mean.length]);
        int count = x.length / shape.channels();
        for (int c = 0; c < shape.channels(); c++) {
            double sum = 0;
            double sumOfProducts = 0;
            for (int i = c * count; i < (c + 1) * count; i++) {
                sum += gy[i];
                sumOfProducts += gy[i] * normal(x[i], mean[c], inverseDeviation[c]);
            }
            out.gBeta[c] = (float) sum;
            out.gGamma[c] = (float) sumOfProducts;
            for (int i = c * count; i < (c + 1) * count; i++) {
                double projected =
                        gy[i] - sum / count - normal(x[i], mean[c], inverseDeviation[c]) * sumOfProducts / count;
                double old = beta == 0 ? 0 : (double) beta * gx[i];
                boolean passes = mask == null || mask[i];
                out.gx[i] = passes ? (float) ((double) gamma[c] * inverseDeviation[c] * projected + old) : 0;
            }
        }
        return out;
    }

    /**
     * {@code mask ⊙ (gamma·x̂Dot + gammaDot·x̂ + betaDot + beta·yDot)} with
     * {@code x̂Dot = inverseDeviation·(xDot − mean(xDot) − x̂·mean(x̂·xDot))}; where {@code beta = 0}, the old yDot is not read.
     *
     * @param mean and inverseDeviation: what the forward pass saved
     */
    public static float[] tangent(
            Shape shape,
            float[] x,
            float[] mean,
            float[] inverseDeviation,
            float[] gamma,
            float[] xDot,
            float[] gammaDot,
            float[] betaDot,
            float beta,
            float[] yDot,
            boolean @Nullable [] mask) {
        double[] normalDot = normalDot(shape, x, mean, inverseDeviation, xDot);
        float[] out = new float[x.length];
        int count = x.length / shape.channels();
        for (int i = 0; i < x.length; i++) {
            int c = i / count;
            double sum = gamma[c] * normalDot[i]
                    + gammaDot[c] * normal(x[i], mean[c], inverseDeviation[c])
                    + betaDot[c]
                    + (beta == 0 ? 0 : (double) beta * yDot[i]);
            out[i] = mask == null || mask[i] ? (float) sum : 0;
        }
        return out;
    }

    private static double[] normalDot(Shape shape, float[] x, float[] mean, float[] inverseDeviation, float[] xDot) {
        double[] out = new double[x.length];
        int count = x.length / shape.channels();
        for (int c = 0; c < shape.channels(); c++) {
            double sum = 0;
            double sumOfProducts = 0;
            for (int i = c * count; i < (c + 1) * count; i++) {
                sum += xDot[i];
                sumOfProducts += xDot[i] * normal(x[i], mean[c], inverseDeviation[c]);
            }
            for (int i = c * count; i < (c + 1) * count; i++) {
                double normal = normal(x[i], mean[c], inverseDeviation[c]);
                out[i] = inverseDeviation[c] * (xDot[i] - sum / count - normal * sumOfProducts / count);
            }
        }
        return out;
    }

    /** Tangents of what {@link #gradient} gives: the formulas of {@code NnOps.batchNormGradientTangent}. */
    public static Gradients gradientTangent(
            Shape shape,
            float[] x,
            float[] mean,
            float[] inverseDeviation,
            float[] gamma,
            float[] xDot,
            float[] gammaDot,
            float[] gy,
            float[] gyDot,
            float beta,
            float[] gxDot,
            boolean @Nullable [] mask) {
        Gradients out = new Gradients(new float[x.length], new float[mean.length], new float[mean.length]);
        double[] normalDot = normalDot(shape, x, mean, inverseDeviation, xDot);
        int m = x.length / shape.channels();
        for (int c = 0; c < shape.channels(); c++) {
            double inverse = inverseDeviation[c];
            double gBeta = 0;
            double gGamma = 0;
            double gBetaDot = 0;
            double gGammaDot = 0;
            double product = 0;
            for (int i = c * m; i < (c + 1) * m; i++) {
                double normal = normal(x[i], mean[c], inverseDeviation[c]);
                gBeta += gy[i];
                gGamma += gy[i] * normal;
                gBetaDot += gyDot[i];
                gGammaDot += gyDot[i] * normal + gy[i] * normalDot[i];
                product += normal * xDot[i];
            }
            out.gBeta[c] = (float) gBetaDot;
            out.gGamma[c] = (float) gGammaDot;
            double scaleDot = gammaDot[c] * inverse - gamma[c] * inverse * inverse * product / m;
            for (int i = c * m; i < (c + 1) * m; i++) {
                double normal = normal(x[i], mean[c], inverseDeviation[c]);
                double projected = gy[i] - gBeta / m - normal * gGamma / m;
                double projectedDot = gyDot[i] - gBetaDot / m - normalDot[i] * gGamma / m - normal * gGammaDot / m;
                double old = beta == 0 ? 0 : (double) beta * gxDot[i];
                double sum = scaleDot * projected + gamma[c] * inverse * projectedDot + old;
                out.gx[i] = mask == null || mask[i] ? (float) sum : 0;
            }
        }
        return out;
    }

    private static double normal(float x, float mean, float inverseDeviation) {
        return ((double) x - mean) * inverseDeviation;
    }
}
