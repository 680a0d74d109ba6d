package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.filled;
import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.BatchNormalization;
import dev.gossamer.testkit.reference.BatchNormalization.Statistics;
import dev.gossamer.testkit.reference.GatherScatter;
import dev.gossamer.testkit.reference.Relu;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Batch normalisation in training, inference and backward, on whole and partial batches, with gamma and beta dense and
 * sparse. Some channels are constant, some far from 0 beside their deviation: a variance from the mean of squares fails there.
 *
 * <p>The bounds, for a channel of m values and mean magnitude A: the mean is off by {@code m·u·A}; the variance, about a mean
 * that is, by {@code m·u·variance} and the square of that.
 */
public abstract class BatchNormContract extends BackendContract {

    /** The last one by itself has as many numbers in a channel as backends may sum in another way than few. */
    private static final int LARGE_BATCH = 16_421;

    private static final Integer[] BATCHES = {1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 100, LARGE_BATCH};
    private static final int[][] PLANES = {{1, 1}, {1, 1}, {2, 2}, {3, 3}, {4, 7}, {1, 9}, {8, 8}};
    private static final int COUNT = 88;
    private static final long NUMBERS = 6_000;

    /** Operations other than those of sums. */
    private static final int STEPS = 8;

    /** What a case draws. Parameters and statistics are one number per channel here. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as its case
    private record Draw(
            Shape shape,
            int beyond,
            float epsilon,
            float momentum,
            @Nullable SparsityPattern gammaPattern,
            @Nullable SparsityPattern betaPattern,
            float[] x,
            float[] gamma,
            float[] beta,
            float[] runningMean,
            float[] runningVariance) {

        static Draw of(Case c) {
            int batch = c.turn("batch", BATCHES);
            int[] plane = PLANES[batch == LARGE_BATCH ? 0 : c.random().nextInt(PLANES.length)];
            long each = (long) plane[0] * plane[1] * batch;
            int channels = c.size("channels", Math.toIntExact(Math.clamp(NUMBERS / each, 1, 129)));
            Shape shape = c.note("shape", new Shape(channels, plane[0], plane[1], batch));
            SparsityPattern gammaPattern = pattern(c, channels);
            SparsityPattern betaPattern = pattern(c, channels);
            float[] variance = c.values(channels);
            for (int i = 0; i < channels; i++) {
                variance[i] = Math.abs(variance[i]);
            }
            return new Draw(
                    shape,
                    c.pick("beyond", 0, 0, 1, 16, 40),
                    c.pick("epsilon", 1e-5f, 1e-3f),
                    c.pick("momentum", 0.1f, 0.01f, 1f),
                    gammaPattern,
                    betaPattern,
                    activations(c, shape),
                    parameters(c, gammaPattern, channels),
                    parameters(c, betaPattern, channels),
                    c.values(channels),
                    variance);
        }

        private static @Nullable SparsityPattern pattern(Case c, int channels) {
            double density = c.pick("density", 1.0, 1.0, 0.5, 0.0);
            return density < 1 ? c.random(1, channels, density) : null;
        }

        private static float[] parameters(Case c, @Nullable SparsityPattern pattern, int channels) {
            return pattern == null ? c.values(channels) : GatherScatter.scatter(pattern, c.values(pattern.nnz()));
        }

        /** A fifth of the channels is constant, a fifth around 300. */
        private static float[] activations(Case c, Shape shape) {
            float[] x = c.values(shape.size());
            int count = x.length / shape.channels();
            for (int channel = 0; channel < shape.channels(); channel++) {
                int kind = c.random().nextInt(5);
                for (int i = channel * count; i < (channel + 1) * count; i++) {
                    x[i] = kind == 0 ? 0.3f : kind == 1 ? x[i] + 300 : x[i];
                }
            }
            return x;
        }

        int count() {
            return x.length / shape.channels();
        }

        Tensor tensor(Rig rig, float[] numbers) {
            return rig.tensor(shape, beyond, numbers);
        }

        BatchNorm norm(Rig rig) {
            int channels = shape.channels();
            return new BatchNorm(
                    vector(rig, gammaPattern, gamma),
                    vector(rig, betaPattern, beta),
                    rig.vector(channels, null, runningMean),
                    rig.vector(channels, null, runningVariance),
                    epsilon,
                    momentum);
        }

        private static Values vector(Rig rig, @Nullable SparsityPattern pattern, float[] numbers) {
            return rig.vector(numbers.length, pattern, stored(pattern, numbers));
        }

        /** The numbers that are stored, of one number per channel. */
        static float[] stored(@Nullable SparsityPattern pattern, float[] numbers) {
            return pattern == null ? numbers : GatherScatter.gather(pattern, numbers);
        }

        BatchNorm.Saved saved(Rig rig, float[] mean, float[] inverseDeviation) {
            return new BatchNorm.Saved(
                    rig.vector(mean.length, null, mean), rig.vector(mean.length, null, inverseDeviation));
        }

        /** Mean of {@code |x|} in a channel. */
        double magnitude(int channel) {
            double sum = 0;
            for (int i = channel * count(); i < (channel + 1) * count(); i++) {
                sum += Math.abs(x[i]);
            }
            return sum / count();
        }

        /** The relative error of a variance about an inexact mean, over m·u, at least 1. */
        double excess(Statistics batch, int channel) {
            double inverse = batch.inverseDeviation(channel, epsilon);
            return 1 + count() * Close.UNIT * Math.pow(magnitude(channel) * inverse, 2);
        }
    }

    @Test
    void normalisesByTheBatch() {
        cases("batch norm", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            boolean relu = c.pick("relu", true, false);
            float[] residual = c.pick("residual", true, false) ? c.values(d.shape.size()) : null;
            Mask mask = relu && c.pick("masked", true, false)
                    ? rig.workspace().mask(d.shape.withBatch(d.shape.batch() + c.pick("room", 0, d.beyond)))
                    : null;
            BatchNorm norm = d.norm(rig);
            BatchNorm.Saved saved = d.saved(rig, nan(d.shape.channels()), nan(d.shape.channels()));
            Tensor tx = d.tensor(rig, d.x);
            Tensor ty = d.tensor(rig, nan(d.x.length));
            Tensor tr = residual == null ? null : d.tensor(rig, residual);

            rig.workspace().nn().batchNorm(tx, norm, saved, tr, relu ? Activation.RELU : Activation.IDENTITY, mask, ty);

            Statistics batch = Statistics.of(d.shape, d.x);
            float[] got = rig.read(ty);
            Close.check(
                    "y",
                    got,
                    BatchNormalization.forward(d.shape, d.x, batch, d.gamma, d.beta, d.epsilon, residual, relu),
                    magnitudes(d, batch, residual),
                    d.count() + STEPS);
            statistics(d, rig, batch, norm, saved);
            Close.sameBits("x afterwards", rig.read(tx), d.x);
            if (residual != null && tr != null) {
                Close.sameBits("residual afterwards", rig.read(tr), residual);
            }
            if (mask != null) {
                Tensor ones = d.tensor(rig, filled(got.length, 1));
                rig.workspace().nn().reluGradient(mask, ones, ones);
                Close.sameBits("mask", rig.read(ones), Relu.gradient(Relu.mask(got), filled(got.length, 1)));
            }
        });
    }

    /** What an output is summed from: the mean's error counts as much as x itself, that of the variance as much as x̂. */
    private static float[] magnitudes(Draw d, Statistics batch, float @Nullable [] residual) {
        float[] magnitudes = new float[d.x.length];
        for (int c = 0; c < d.shape.channels(); c++) {
            double inverse = batch.inverseDeviation(c, d.epsilon);
            double magnitude = d.magnitude(c);
            double excess = d.excess(batch, c);
            for (int i = c * d.count(); i < (c + 1) * d.count(); i++) {
                double normal = magnitude + 2 * excess * Math.abs(d.x[i] - batch.mean()[c]);
                double added = Math.abs(d.beta[c]) + (residual == null ? 0 : Math.abs(residual[i]));
                magnitudes[i] = (float) (Math.abs(d.gamma[c]) * inverse * normal + added);
            }
        }
        return magnitudes;
    }

    private static void statistics(Draw d, Rig rig, Statistics batch, BatchNorm norm, BatchNorm.Saved saved) {
        int channels = d.shape.channels();
        float[] inverse = new float[channels];
        float[][] magnitudes = new float[4][channels];
        for (int c = 0; c < channels; c++) {
            double kept = 1.0 - d.momentum;
            inverse[c] = (float) batch.inverseDeviation(c, d.epsilon);
            double spread = 2 * d.excess(batch, c) * (batch.variance()[c] + d.epsilon);
            magnitudes[0][c] = (float) d.magnitude(c);
            magnitudes[1][c] = (float) (inverse[c] * d.excess(batch, c));
            magnitudes[2][c] = (float) (kept * Math.abs(d.runningMean[c]) + d.momentum * d.magnitude(c));
            magnitudes[3][c] = (float) (kept * d.runningVariance[c] + d.momentum * 2 * spread);
        }
        int terms = d.count() + STEPS;
        float[] mean = batch.runningMean(new float[channels], 1);
        Close.check("saved mean", rig.read(saved.mean()), mean, magnitudes[0], terms);
        Close.check("saved inverseDeviation", rig.read(saved.inverseDeviation()), inverse, magnitudes[1], terms);
        float[] runningMean = batch.runningMean(d.runningMean, d.momentum);
        Close.check("runningMean", rig.read(norm.runningMean()), runningMean, magnitudes[2], terms);
        float[] runningVariance = batch.runningVariance(d.runningVariance, d.momentum, d.count());
        Close.check("runningVariance", rig.read(norm.runningVariance()), runningVariance, magnitudes[3], terms);
    }

    @Test
    void normalisesByTheRunningStatistics() {
        cases("batch norm, inference", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            boolean relu = c.pick("relu", true, false);
            float[] residual = c.pick("residual", true, false) ? c.values(d.shape.size()) : null;
            BatchNorm norm = d.norm(rig);
            Tensor tx = d.tensor(rig, d.x);
            Tensor tr = residual == null ? null : d.tensor(rig, residual);
            String where = c.pick("y", "apart", "x", "residual");
            Tensor ty = switch (where) {
                case "x" -> tx;
                case "residual" -> tr == null ? tx : tr;
                default -> d.tensor(rig, nan(d.x.length));
            };

            rig.workspace().nn().batchNormInference(tx, norm, tr, relu ? Activation.RELU : Activation.IDENTITY, ty);

            Statistics running = Statistics.running(d.runningMean, d.runningVariance);
            float[] magnitudes = new float[d.x.length];
            for (int i = 0; i < magnitudes.length; i++) {
                int of = i / d.count();
                double scale = Math.abs(d.gamma[of]) * running.inverseDeviation(of, d.epsilon);
                double added = Math.abs(d.beta[of]) + (residual == null ? 0 : Math.abs(residual[i]));
                magnitudes[i] = (float) (scale * (Math.abs(d.x[i]) + Math.abs(d.runningMean[of])) + added);
            }
            Close.check(
                    "y",
                    rig.read(ty),
                    BatchNormalization.forward(d.shape, d.x, running, d.gamma, d.beta, d.epsilon, residual, relu),
                    magnitudes,
                    STEPS);
            Close.sameBits("runningMean", rig.read(norm.runningMean()), d.runningMean);
            Close.sameBits("runningVariance", rig.read(norm.runningVariance()), d.runningVariance);
            if (ty != tx) {
                Close.sameBits("x afterwards", rig.read(tx), d.x);
            }
        });
    }

    @Test
    void givesTheGradientsOfTheOracle() {
        cases("batch norm, gradient", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            float[] gy = c.values(d.shape.size());
            float[] old = c.values(d.shape.size());
            float[] activation = c.values(d.shape.size());
            float beta = c.beta();
            boolean masked = c.pick("masked", true, false);
            boolean inPlace = beta == 0 && c.pick("in place", true, false);
            BatchNorm norm = d.norm(rig);
            Statistics batch = Statistics.of(d.shape, d.x);
            float[] mean = batch.runningMean(new float[d.shape.channels()], 1);
            float[] inverse = new float[mean.length];
            for (int i = 0; i < inverse.length; i++) {
                inverse[i] = (float) batch.inverseDeviation(i, d.epsilon);
            }
            Tensor tx = d.tensor(rig, d.x);
            Tensor tgy = d.tensor(rig, gy);
            Tensor tgx = inPlace ? tgy : d.tensor(rig, Rig.unread(beta, old));
            Mask mask = masked ? rig.mask(d.shape, d.beyond, activation) : null;
            Values gGamma = rig.values(
                    norm.gamma().space(),
                    Role.GRADIENT,
                    nan(norm.gamma().space().nnz()));
            Values gBeta = rig.values(
                    norm.beta().space(), Role.GRADIENT, nan(norm.beta().space().nnz()));

            rig.workspace()
                    .nn()
                    .batchNormGradient(tx, norm, d.saved(rig, mean, inverse), tgy, beta, tgx, mask, gGamma, gBeta);

            boolean[] bits = masked ? Relu.mask(activation) : null;
            BatchNormalization.Gradients want =
                    BatchNormalization.gradient(d.shape, d.x, mean, inverse, d.gamma, gy, beta, old, bits);
            BatchNormalization.Gradients magnitudes = magnitudes(d, mean, inverse, gy, beta, old);
            int terms = d.count() + STEPS;
            Close.check("gx", rig.read(tgx), want.gx(), magnitudes.gx(), terms);
            Close.check(
                    "gGamma",
                    rig.read(gGamma),
                    Draw.stored(d.gammaPattern, want.gGamma()),
                    Draw.stored(d.gammaPattern, magnitudes.gGamma()),
                    terms);
            Close.check(
                    "gBeta",
                    rig.read(gBeta),
                    Draw.stored(d.betaPattern, want.gBeta()),
                    Draw.stored(d.betaPattern, magnitudes.gBeta()),
                    terms);
            Close.sameBits("x afterwards", rig.read(tx), d.x);
            if (!inPlace) {
                Close.sameBits("gy afterwards", rig.read(tgy), gy);
            }
        });
    }

    private static BatchNormalization.Gradients magnitudes(
            Draw d, float[] mean, float[] inverse, float[] gy, float beta, float[] old) {
        BatchNormalization.Gradients out =
                new BatchNormalization.Gradients(new float[gy.length], new float[mean.length], new float[mean.length]);
        for (int c = 0; c < mean.length; c++) {
            double sum = 0;
            double products = 0;
            for (int i = c * d.count(); i < (c + 1) * d.count(); i++) {
                sum += Math.abs(gy[i]);
                products += Math.abs(gy[i] * ((double) d.x[i] - mean[c]) * inverse[c]);
            }
            out.gBeta()[c] = (float) sum;
            out.gGamma()[c] = (float) products;
            for (int i = c * d.count(); i < (c + 1) * d.count(); i++) {
                double normal = Math.abs((double) d.x[i] - mean[c]) * inverse[c];
                double projected = Math.abs(gy[i]) + sum / d.count() + normal * products / d.count();
                double scaled = Math.abs((double) d.gamma[c] * inverse[c]) * projected;
                out.gx()[i] = (float) (scaled + (beta == 0 ? 0 : Math.abs((double) beta * old[i])));
            }
        }
        return out;
    }

    /** What the tangents of a case have besides. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as its case
    private record Dots(
            float[] mean,
            float[] inverse,
            float[] xDot,
            float[] gammaDot,
            float[] betaDot,
            float[] gy,
            float[] gyDot,
            float[] old) {

        static Dots of(Case c, Draw d) {
            int channels = d.shape.channels();
            Statistics batch = Statistics.of(d.shape, d.x);
            float[] inverse = new float[channels];
            for (int i = 0; i < channels; i++) {
                inverse[i] = (float) batch.inverseDeviation(i, d.epsilon);
            }
            return new Dots(
                    batch.runningMean(new float[channels], 1),
                    inverse,
                    c.values(d.shape.size()),
                    Draw.parameters(c, d.gammaPattern, channels),
                    Draw.parameters(c, d.betaPattern, channels),
                    c.values(d.shape.size()),
                    c.values(d.shape.size()),
                    c.values(d.shape.size()));
        }

        double normal(Draw d, int i) {
            return Math.abs((double) d.x[i] - mean[i / d.count()]) * inverse[i / d.count()];
        }

        /** Of a channel: the sum of {@code |numbers|}, or of {@code |numbers·x̂|}. */
        double sum(Draw d, float[] numbers, int channel, boolean timesNormal) {
            double sum = 0;
            for (int i = channel * d.count(); i < (channel + 1) * d.count(); i++) {
                sum += Math.abs(numbers[i]) * (timesNormal ? normal(d, i) : 1);
            }
            return sum;
        }

        /** What x̂Dot is summed from. */
        double[] normalDot(Draw d) {
            double[] out = new double[d.x.length];
            for (int c = 0; c < mean.length; c++) {
                double mean = sum(d, xDot, c, false) / d.count();
                double product = sum(d, xDot, c, true) / d.count();
                for (int i = c * d.count(); i < (c + 1) * d.count(); i++) {
                    out[i] = inverse[c] * (Math.abs(xDot[i]) + mean + normal(d, i) * product);
                }
            }
            return out;
        }
    }

    @Test
    void tangentIsThatOfTheOracle() {
        cases("batch norm, tangent", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            Dots dots = Dots.of(c, d);
            float[] activation = c.values(d.shape.size());
            float beta = c.beta();
            boolean masked = c.pick("masked", true, false);
            BatchNorm norm = d.norm(rig);
            Tensor tx = d.tensor(rig, d.x);
            Tensor txDot = d.tensor(rig, dots.xDot);
            Tensor tyDot = d.tensor(rig, Rig.unread(beta, dots.old));
            Mask mask = masked ? rig.mask(d.shape, d.beyond, activation) : null;
            Values gammaDot = Draw.vector(rig, d.gammaPattern, dots.gammaDot);
            Values betaDot = Draw.vector(rig, d.betaPattern, dots.betaDot);

            rig.workspace()
                    .nn()
                    .batchNormTangent(
                            tx,
                            norm,
                            d.saved(rig, dots.mean, dots.inverse),
                            txDot,
                            gammaDot,
                            betaDot,
                            beta,
                            tyDot,
                            mask);

            double[] normalDot = dots.normalDot(d);
            float[] magnitudes = new float[d.x.length];
            for (int i = 0; i < magnitudes.length; i++) {
                int of = i / d.count();
                magnitudes[i] = (float) (Math.abs(d.gamma[of]) * normalDot[i]
                        + Math.abs(dots.gammaDot[of]) * dots.normal(d, i)
                        + Math.abs(dots.betaDot[of])
                        + (beta == 0 ? 0 : Math.abs((double) beta * dots.old[i])));
            }
            float[] want = BatchNormalization.tangent(
                    d.shape,
                    d.x,
                    dots.mean,
                    dots.inverse,
                    d.gamma,
                    dots.xDot,
                    dots.gammaDot,
                    dots.betaDot,
                    beta,
                    dots.old,
                    masked ? Relu.mask(activation) : null);
            Close.check("yDot", rig.read(tyDot), want, magnitudes, d.count() + STEPS);
            Close.sameBits("x afterwards", rig.read(tx), d.x);
            Close.sameBits("xDot afterwards", rig.read(txDot), dots.xDot);
        });
    }

    @Test
    void gradientTangentIsThatOfTheOracle() {
        cases("batch norm, gradient's tangent", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            Dots dots = Dots.of(c, d);
            float[] activation = c.values(d.shape.size());
            float beta = c.beta();
            boolean masked = c.pick("masked", true, false);
            BatchNorm norm = d.norm(rig);
            Tensor[] in = {
                d.tensor(rig, d.x), d.tensor(rig, dots.xDot), d.tensor(rig, dots.gy), d.tensor(rig, dots.gyDot)
            };
            Tensor out = d.tensor(rig, Rig.unread(beta, dots.old));
            Mask mask = masked ? rig.mask(d.shape, d.beyond, activation) : null;
            Values gammaDot = Draw.vector(rig, d.gammaPattern, dots.gammaDot);
            Values gGammaDot = rig.values(
                    norm.gamma().space(),
                    Role.GRADIENT,
                    nan(norm.gamma().space().nnz()));
            Values gBetaDot = rig.values(
                    norm.beta().space(), Role.GRADIENT, nan(norm.beta().space().nnz()));

            rig.workspace()
                    .nn()
                    .batchNormGradientTangent(
                            in[0],
                            norm,
                            d.saved(rig, dots.mean, dots.inverse),
                            in[1],
                            gammaDot,
                            in[2],
                            in[3],
                            beta,
                            out,
                            mask,
                            gGammaDot,
                            gBetaDot);

            BatchNormalization.Gradients want = BatchNormalization.gradientTangent(
                    d.shape,
                    d.x,
                    dots.mean,
                    dots.inverse,
                    d.gamma,
                    dots.xDot,
                    dots.gammaDot,
                    dots.gy,
                    dots.gyDot,
                    beta,
                    dots.old,
                    masked ? Relu.mask(activation) : null);
            BatchNormalization.Gradients magnitudes = tangentMagnitudes(d, dots, beta);
            // Sums whose terms are made of sums.
            long terms = 2L * (d.count() + STEPS);
            Close.check("gxDot", rig.read(out), want.gx(), magnitudes.gx(), terms);
            Close.check(
                    "gGammaDot",
                    rig.read(gGammaDot),
                    Draw.stored(d.gammaPattern, want.gGamma()),
                    Draw.stored(d.gammaPattern, magnitudes.gGamma()),
                    terms);
            Close.check(
                    "gBetaDot",
                    rig.read(gBetaDot),
                    Draw.stored(d.betaPattern, want.gBeta()),
                    Draw.stored(d.betaPattern, magnitudes.gBeta()),
                    terms);
            float[][] before = {d.x, dots.xDot, dots.gy, dots.gyDot};
            for (int i = 0; i < in.length; i++) {
                Close.sameBits("input " + i + " afterwards", rig.read(in[i]), before[i]);
            }
        });
    }

    private static BatchNormalization.Gradients tangentMagnitudes(Draw d, Dots dots, float beta) {
        int channels = d.shape.channels();
        int m = d.count();
        BatchNormalization.Gradients out =
                new BatchNormalization.Gradients(new float[d.x.length], new float[channels], new float[channels]);
        double[] normalDot = dots.normalDot(d);
        for (int c = 0; c < channels; c++) {
            double inverse = dots.inverse[c];
            double gamma = Math.abs(d.gamma[c]);
            double gBeta = dots.sum(d, dots.gy, c, false);
            double gGamma = dots.sum(d, dots.gy, c, true);
            double gBetaDot = dots.sum(d, dots.gyDot, c, false);
            double gGammaDot = dots.sum(d, dots.gyDot, c, true);
            for (int i = c * m; i < (c + 1) * m; i++) {
                gGammaDot += Math.abs(dots.gy[i]) * normalDot[i];
            }
            out.gBeta()[c] = (float) gBetaDot;
            out.gGamma()[c] = (float) gGammaDot;
            double scaleDot = Math.abs(dots.gammaDot[c]) * inverse
                    + gamma * inverse * inverse * dots.sum(d, dots.xDot, c, true) / m;
            for (int i = c * m; i < (c + 1) * m; i++) {
                double normal = dots.normal(d, i);
                double projected = Math.abs(dots.gy[i]) + gBeta / m + normal * gGamma / m;
                double projectedDot =
                        Math.abs(dots.gyDot[i]) + gBetaDot / m + normalDot[i] * gGamma / m + normal * gGammaDot / m;
                double old = beta == 0 ? 0 : Math.abs((double) beta * dots.old[i]);
                out.gx()[i] = (float) (scaleDot * projected + gamma * inverse * projectedDot + old);
            }
        }
        return out;
    }

    /** First and second differences of {@code ⟨gy, y⟩} in double, which shares nothing with oracle or backend. */
    @Test
    void tangentsAreDifferencesAlongADirection() {
        cases("batch norm, differences of tangents", 8, (c, rig) -> {
            Shape shape = c.turn("shape", new Shape(2, 2, 2, 3), Shape.of(3, 5), new Shape(1, 1, 3, 17));
            int channels = shape.channels();
            int size = Math.toIntExact(shape.size());
            float epsilon = 0.25f;
            float[][] at = {c.values(size), c.values(channels), c.values(channels), c.values(size)};
            float[][] dot = {c.values(size), c.values(channels), c.values(channels), c.values(size)};
            Values gamma = rig.vector(channels, null, at[1]);
            Values running = rig.vector(channels, null, new float[channels]);
            BatchNorm norm = new BatchNorm(
                    gamma,
                    rig.vector(channels, null, at[2]),
                    running,
                    rig.vector(channels, null, new float[channels]),
                    epsilon,
                    0.1f);
            BatchNorm.Saved saved = new BatchNorm.Saved(
                    rig.vector(channels, null, nan(channels)), rig.vector(channels, null, nan(channels)));
            Values gammaDot = rig.vector(channels, null, dot[1]);
            Values gGammaDot = rig.vector(channels, null, nan(channels));
            Values gBetaDot = rig.vector(channels, null, nan(channels));
            Tensor x = rig.tensor(shape, 0, at[0]);
            Tensor xDot = rig.tensor(shape, 0, dot[0]);
            Tensor yDot = rig.tensor(shape, 0, nan(size));
            Tensor gxDot = rig.tensor(shape, 0, nan(size));
            NnOps nn = rig.workspace().nn();
            nn.batchNorm(x, norm, saved, null, Activation.IDENTITY, null, rig.tensor(shape, 0, nan(size)));
            nn.batchNormTangent(x, norm, saved, xDot, gammaDot, rig.vector(channels, null, dot[2]), 0, yDot, null);
            nn.batchNormGradientTangent(
                    x,
                    norm,
                    saved,
                    xDot,
                    gammaDot,
                    rig.tensor(shape, 0, at[3]),
                    rig.tensor(shape, 0, dot[3]),
                    0,
                    gxDot,
                    null,
                    gGammaDot,
                    gBetaDot);

            mixed("yDot", rig.read(yDot), at, dot, 3, epsilon);
            mixed("gxDot", rig.read(gxDot), at, dot, 0, epsilon);
            mixed("gGammaDot", rig.read(gGammaDot), at, dot, 1, epsilon);
            mixed("gBetaDot", rig.read(gBetaDot), at, dot, 2, epsilon);
        });
    }

    /** The derivative of ⟨gy, y⟩ by each number of argument {@code which}, then along the direction. */
    private static void mixed(String what, float[] got, float[][] at, float[][] dot, int which, float epsilon) {
        double step = 1e-4;
        double largest = 1;
        for (float g : got) {
            largest = Math.max(largest, Math.abs(g));
        }
        for (int i = 0; i < got.length; i++) {
            double difference = 0;
            for (int sign = -1; sign <= 1; sign += 2) {
                double[][] moved = new double[at.length][];
                for (int argument = 0; argument < at.length; argument++) {
                    moved[argument] = doubles(at[argument]);
                    for (int j = 0; j < moved[argument].length; j++) {
                        moved[argument][j] += sign * step * dot[argument][j];
                    }
                }
                double middle = moved[which][i];
                moved[which][i] = middle + step;
                difference += sign * product(moved[0], moved[1], moved[2], moved[3], epsilon);
                moved[which][i] = middle - step;
                difference -= sign * product(moved[0], moved[1], moved[2], moved[3], epsilon);
            }
            assertThat(difference / (4 * step * step))
                    .as(what + "[" + i + "]")
                    .isCloseTo(got[i], Offset.offset(1e-3 * largest));
        }
    }

    /** Central differences of a forward pass in double that shares nothing with oracle or backend. */
    @Test
    void gradientsAreTheDifferencesOfTheForwardPass() {
        cases("batch norm, differences", 8, (c, rig) -> {
            Shape shape =
                    c.turn("shape", new Shape(2, 2, 2, 3), Shape.of(3, 5), new Shape(1, 1, 3, 17), Shape.of(4, 2));
            int channels = shape.channels();
            float epsilon = 0.01f;
            float[] x = c.values(shape.size());
            float[] gy = c.values(shape.size());
            float[] gamma = c.values(channels);
            float[] beta = c.values(channels);
            BatchNorm norm = new BatchNorm(
                    rig.vector(channels, null, gamma),
                    rig.vector(channels, null, beta),
                    rig.vector(channels, null, new float[channels]),
                    rig.vector(channels, null, new float[channels]),
                    epsilon,
                    0.1f);
            BatchNorm.Saved saved = new BatchNorm.Saved(
                    rig.vector(channels, null, nan(channels)), rig.vector(channels, null, nan(channels)));
            Values gGamma = rig.vector(channels, null, nan(channels));
            Values gBeta = rig.vector(channels, null, nan(channels));
            Tensor tx = rig.tensor(shape, 0, x);
            Tensor y = rig.tensor(shape, 0, nan(x.length));
            Tensor gx = rig.tensor(shape, 0, nan(x.length));
            rig.workspace().nn().batchNorm(tx, norm, saved, null, Activation.IDENTITY, null, y);
            rig.workspace()
                    .nn()
                    .batchNormGradient(tx, norm, saved, rig.tensor(shape, 0, gy), 0, gx, null, gGamma, gBeta);

            double[][] at = {doubles(x), doubles(gamma), doubles(beta)};
            differences("gx", rig.read(gx), at, 0, gy, epsilon);
            differences("gGamma", rig.read(gGamma), at, 1, gy, epsilon);
            differences("gBeta", rig.read(gBeta), at, 2, gy, epsilon);
        });
    }

    private static void differences(String what, float[] got, double[][] at, int which, float[] gy, float epsilon) {
        double step = 1e-5;
        double largest = 1;
        for (float g : got) {
            largest = Math.max(largest, Math.abs(g));
        }
        for (int i = 0; i < got.length; i++) {
            double before = at[which][i];
            at[which][i] = before + step;
            double up = product(at[0], at[1], at[2], doubles(gy), epsilon);
            at[which][i] = before - step;
            double down = product(at[0], at[1], at[2], doubles(gy), epsilon);
            at[which][i] = before;
            assertThat((up - down) / (2 * step))
                    .as(what + "[" + i + "]")
                    .isCloseTo(got[i], Offset.offset(1e-4 * largest));
        }
    }

    /** {@code ⟨gy, y⟩}, whose derivatives the gradients are. */
    private static double product(double[] x, double[] gamma, double[] beta, double[] gy, float epsilon) {
        int count = x.length / gamma.length;
        double product = 0;
        for (int c = 0; c < gamma.length; c++) {
            double mean = 0;
            double squares = 0;
            for (int i = c * count; i < (c + 1) * count; i++) {
                mean += x[i] / count;
            }
            for (int i = c * count; i < (c + 1) * count; i++) {
                squares += (x[i] - mean) * (x[i] - mean);
            }
            for (int i = c * count; i < (c + 1) * count; i++) {
                product += gy[i] * (gamma[c] * (x[i] - mean) / Math.sqrt(squares / count + epsilon) + beta[c]);
            }
        }
        return product;
    }

    private static double[] doubles(float[] numbers) {
        double[] wide = new double[numbers.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = numbers[i];
        }
        return wide;
    }
}
