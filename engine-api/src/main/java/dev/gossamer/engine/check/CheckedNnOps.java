package dev.gossamer.engine.check;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import org.jspecify.annotations.Nullable;

final class CheckedNnOps implements NnOps {

    private final NnOps raw;
    private final Door door;

    CheckedNnOps(NnOps raw, Door door) {
        this.raw = raw;
        this.door = door;
    }

    @Override
    public void relu(Tensor x, Tensor y, Mask mask) {
        elementwise(mask, x, "x", y, "y");
        raw.relu(x, y, mask);
    }

    @Override
    public void reluGradient(Mask mask, Tensor gy, Tensor gx) {
        elementwise(mask, gy, "gy", gx, "gx");
        raw.reluGradient(mask, gy, gx);
    }

    @Override
    public void maxPool(Tensor x, Window window, Tensor y, @Nullable Indices chosen) {
        pooled(x, "x", window, y, "y");
        if (chosen != null) {
            door.owned(chosen, "chosen");
            Door.room(chosen.shape(), y.shape(), "chosen");
        }
        raw.maxPool(x, window, y, chosen);
    }

    @Override
    public void maxPoolGradient(Indices chosen, Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        pooled(gx, "gx", window, gy, "gy");
        door.owned(chosen, "chosen");
        Door.room(chosen.shape(), gy.shape(), "chosen");
        written(beta, gx, mask);
        raw.maxPoolGradient(chosen, window, gy, beta, gx, mask);
    }

    @Override
    public void maxPoolTangent(Indices chosen, Window window, Tensor xDot, Tensor yDot) {
        pooled(xDot, "xDot", window, yDot, "yDot");
        door.owned(chosen, "chosen");
        Door.room(chosen.shape(), yDot.shape(), "chosen");
        raw.maxPoolTangent(chosen, window, xDot, yDot);
    }

    @Override
    public void averagePool(Tensor x, Window window, Tensor y) {
        pooled(x, "x", window, y, "y");
        raw.averagePool(x, window, y);
    }

    @Override
    public void averagePoolGradient(Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        pooled(gx, "gx", window, gy, "gy");
        written(beta, gx, mask);
        raw.averagePoolGradient(window, gy, beta, gx, mask);
    }

    @Override
    public void retile(Tensor x, Tiling from, Tensor y, Tiling to, int overlap) {
        door.enter();
        door.tensor(x, "x", Layout.NATIVE);
        door.tensor(y, "y", Layout.NATIVE);
        if (!from.makes(x.shape(), to, overlap, y.shape())) {
            Door.shape(y.shape(), to.tiles(from.images(x.shape()), overlap), "y");
        }
        Door.disjoint(y, x, "y", "x");
        raw.retile(x, from, y, to, overlap);
    }

    @Override
    public void batchNorm(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            @Nullable Tensor residual,
            Activation activation,
            @Nullable Mask mask,
            Tensor y) {
        normalised(x, norm, residual, y);
        if (x.shape().batch() == 0) {
            throw new IllegalArgumentException("Batch normalisation of a training step needs at least one sample");
        }
        Door.disjoint(y, x, "y", "x");
        if (residual != null) {
            Door.disjoint(y, residual, "y", "residual");
        }
        saved(saved, x.shape().channels());
        statistics(norm, saved);
        if (mask != null && activation != Activation.RELU) {
            throw new IllegalArgumentException("A mask is written by RELU only, not by " + activation);
        }
        door.maskOrNull(mask, x.shape());
        raw.batchNorm(x, norm, saved, residual, activation, mask, y);
    }

    @Override
    public void batchNormInference(
            Tensor x, BatchNorm norm, @Nullable Tensor residual, Activation activation, Tensor y) {
        normalised(x, norm, residual, y);
        raw.batchNormInference(x, norm, residual, activation, y);
    }

    @Override
    public void batchNormGradient(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor gy,
            float beta,
            Tensor gx,
            @Nullable Mask mask,
            Values gGamma,
            Values gBeta) {
        normalised(x, norm, gy, gx);
        Door.disjoint(gx, x, "gx", "x");
        if (beta != 0) {
            Door.disjoint(gx, gy, "gx", "gy");
        }
        saved(saved, x.shape().channels());
        written(beta, gx, mask);
        door.vector(gGamma, "gGamma", x.shape().channels());
        door.vector(gBeta, "gBeta", x.shape().channels());
        Door.distinct(gGamma, gBeta, "gGamma", "gBeta");
        Door.distinct(gGamma, norm.gamma(), "gGamma", "gamma");
        Door.distinct(gBeta, norm.gamma(), "gBeta", "gamma");
        apart(gGamma, "gGamma", saved);
        apart(gBeta, "gBeta", saved);
        raw.batchNormGradient(x, norm, saved, gy, beta, gx, mask, gGamma, gBeta);
    }

    @Override
    public void batchNormTangent(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor xDot,
            Values gammaDot,
            Values betaDot,
            float beta,
            Tensor yDot,
            @Nullable Mask mask) {
        normalised(x, norm, xDot, yDot);
        Door.disjoint(yDot, x, "yDot", "x");
        Door.disjoint(yDot, xDot, "yDot", "xDot");
        saved(saved, x.shape().channels());
        written(beta, yDot, mask);
        door.vector(gammaDot, "gammaDot", x.shape().channels());
        door.vector(betaDot, "betaDot", x.shape().channels());
        raw.batchNormTangent(x, norm, saved, xDot, gammaDot, betaDot, beta, yDot, mask);
    }

    @Override
    public void batchNormGradientTangent(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor xDot,
            Values gammaDot,
            Tensor gy,
            Tensor gyDot,
            float beta,
            Tensor gxDot,
            @Nullable Mask mask,
            Values gGammaDot,
            Values gBetaDot) {
        normalised(x, norm, xDot, gxDot);
        door.tensor(gy, "gy", Layout.NATIVE, x.shape());
        door.tensor(gyDot, "gyDot", Layout.NATIVE, x.shape());
        Door.disjoint(gxDot, x, "gxDot", "x");
        Door.disjoint(gxDot, xDot, "gxDot", "xDot");
        Door.disjoint(gxDot, gy, "gxDot", "gy");
        Door.disjoint(gxDot, gyDot, "gxDot", "gyDot");
        saved(saved, x.shape().channels());
        written(beta, gxDot, mask);
        door.vector(gammaDot, "gammaDot", x.shape().channels());
        door.vector(gGammaDot, "gGammaDot", x.shape().channels());
        door.vector(gBetaDot, "gBetaDot", x.shape().channels());
        Door.distinct(gGammaDot, gBetaDot, "gGammaDot", "gBetaDot");
        Door.distinct(gGammaDot, gammaDot, "gGammaDot", "gammaDot");
        Door.distinct(gBetaDot, gammaDot, "gBetaDot", "gammaDot");
        Door.distinct(gGammaDot, norm.gamma(), "gGammaDot", "gamma");
        Door.distinct(gBetaDot, norm.gamma(), "gBetaDot", "gamma");
        apart(gGammaDot, "gGammaDot", saved);
        apart(gBetaDot, "gBetaDot", saved);
        raw.batchNormGradientTangent(x, norm, saved, xDot, gammaDot, gy, gyDot, beta, gxDot, mask, gGammaDot, gBetaDot);
    }

    @Override
    public void dropout(
            Tensor x, float rate, RandomStream stream, int site, float beta, Tensor y, @Nullable Mask mask) {
        added(x, beta, y, mask);
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("rate must be in [0, 1), got " + rate);
        }
        door.owned(stream, "stream");
        raw.dropout(x, rate, stream, site, beta, y, mask);
    }

    @Override
    public void advance(RandomStream stream) {
        door.enter();
        door.owned(stream, "stream");
        raw.advance(stream);
    }

    @Override
    public void add(Tensor x, float beta, Tensor y, @Nullable Mask mask) {
        added(x, beta, y, mask);
        raw.add(x, beta, y, mask);
    }

    @Override
    public void softmaxCrossEntropy(
            Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct) {
        door.enter();
        door.matrix(
                logits,
                "logits",
                Layout.NATIVE,
                logits.shape().features(),
                logits.shape().batch());
        door.owned(labels, "labels");
        if (labels.capacity() < logits.shape().batch()) {
            throw new IllegalArgumentException("labels has room for " + labels.capacity() + ", fewer than the batch of "
                    + logits.shape().batch());
        }
        if (gradient != null) {
            door.tensor(gradient, "gradient", Layout.NATIVE, logits.shape());
        }
        door.owned(lossSum, "lossSum");
        door.owned(correct, "correct");
        Door.distinct(lossSum, correct, "lossSum", "correct");
        raw.softmaxCrossEntropy(logits, labels, gradient, lossSum, correct);
    }

    @Override
    public void softmaxCrossEntropyTangent(Tensor logits, Tensor logitsDot, Tensor gradientDot) {
        door.enter();
        int classes = logits.shape().features();
        door.matrix(logits, "logits", Layout.NATIVE, classes, logits.shape().batch());
        door.tensor(logitsDot, "logitsDot", Layout.NATIVE, logits.shape());
        door.tensor(gradientDot, "gradientDot", Layout.NATIVE, logits.shape());
        Door.disjoint(gradientDot, logits, "gradientDot", "logits");
        Door.disjoint(gradientDot, logitsDot, "gradientDot", "logitsDot");
        raw.softmaxCrossEntropyTangent(logits, logitsDot, gradientDot);
    }

    private void pooled(Tensor in, String inName, Window window, Tensor out, String outName) {
        door.enter();
        door.tensor(in, inName, Layout.NATIVE);
        door.tensor(out, outName, Layout.NATIVE);
        if (!window.makes(in.shape(), out.shape())) {
            Door.shape(out.shape(), window.output(in.shape()), outName);
        }
        Door.disjoint(out, in, outName, inName);
    }

    private void normalised(Tensor x, BatchNorm norm, @Nullable Tensor other, Tensor out) {
        door.enter();
        door.tensor(x, "x", Layout.NATIVE);
        door.tensor(out, "the output", Layout.NATIVE, x.shape());
        if (other != null) {
            door.tensor(other, "the other operand", Layout.NATIVE, x.shape());
        }
        int channels = x.shape().channels();
        door.vector(norm.gamma(), "gamma", channels);
        door.vector(norm.beta(), "beta", channels);
        door.vector(norm.runningMean(), "runningMean", channels);
        door.vector(norm.runningVariance(), "runningVariance", channels);
        Door.dense(norm.runningMean(), "runningMean");
        Door.dense(norm.runningVariance(), "runningVariance");
        Door.distinct(norm.runningMean(), norm.runningVariance(), "runningMean", "runningVariance");
    }

    private void saved(BatchNorm.Saved saved, int channels) {
        door.vector(saved.mean(), "the saved mean", channels);
        door.vector(saved.inverseDeviation(), "the saved inverseDeviation", channels);
        Door.dense(saved.mean(), "the saved mean");
        Door.dense(saved.inverseDeviation(), "the saved inverseDeviation");
        Door.distinct(saved.mean(), saved.inverseDeviation(), "the saved mean", "the saved inverseDeviation");
    }

    /** What a training step writes for the channels is none of what it reads for them, nor each other. */
    private static void statistics(BatchNorm norm, BatchNorm.Saved saved) {
        apart(norm.runningMean(), "runningMean", norm);
        apart(norm.runningVariance(), "runningVariance", norm);
        apart(saved.mean(), "the saved mean", norm);
        apart(saved.inverseDeviation(), "the saved inverseDeviation", norm);
        apart(norm.runningMean(), "runningMean", saved);
        apart(norm.runningVariance(), "runningVariance", saved);
    }

    private static void apart(Values output, String name, BatchNorm norm) {
        Door.distinct(output, norm.gamma(), name, "gamma");
        Door.distinct(output, norm.beta(), name, "beta");
    }

    private static void apart(Values output, String name, BatchNorm.Saved saved) {
        Door.distinct(output, saved.mean(), name, "the saved mean");
        Door.distinct(output, saved.inverseDeviation(), name, "the saved inverseDeviation");
    }

    private void added(Tensor x, float beta, Tensor y, @Nullable Mask mask) {
        door.enter();
        door.tensor(x, "x", Layout.NATIVE);
        door.tensor(y, "y", Layout.NATIVE, x.shape());
        if (beta != 0) {
            Door.disjoint(y, x, "y", "x");
        }
        written(beta, y, mask);
    }

    private void written(float beta, Tensor out, @Nullable Mask mask) {
        Door.finite(beta, "beta");
        door.maskOrNull(mask, out.shape());
    }

    private void elementwise(Mask mask, Tensor in, String inName, Tensor out, String outName) {
        door.enter();
        door.tensor(in, inName, Layout.NATIVE);
        door.tensor(out, outName, Layout.NATIVE, in.shape());
        door.mask(mask, "mask", in.shape());
    }
}
