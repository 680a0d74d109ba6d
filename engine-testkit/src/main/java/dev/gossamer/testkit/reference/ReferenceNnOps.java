package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.sparse.SparsityPattern;
import org.jspecify.annotations.Nullable;

/** {@link Relu}, {@link Pool}, {@link BatchNormalization}, {@link Dropout} and {@link SoftmaxCrossEntropy} on the backend's operands. */
class ReferenceNnOps implements NnOps {

    @Override
    public void relu(Tensor x, Tensor y, Mask mask) {
        float[] in = ((ReferenceTensor) x).get();
        ((ReferenceTensor) y).set(Relu.relu(in));
        ((Handles.ReferenceMask) mask).set(Relu.mask(in), x.shape().batch());
    }

    @Override
    public void reluGradient(Mask mask, Tensor gy, Tensor gx) {
        boolean[] bits = ((Handles.ReferenceMask) mask).get(gy.shape().batch());
        ((ReferenceTensor) gx).set(Relu.gradient(bits, ((ReferenceTensor) gy).get()));
    }

    @Override
    public void maxPool(Tensor x, Window window, Tensor y, @Nullable Indices chosen) {
        Pool.Largest largest = Pool.max(window, x.shape(), numbers(x));
        ((ReferenceTensor) y).set(largest.y());
        if (chosen != null) {
            ((Handles.ReferenceIndices) chosen).set(largest.chosen(), x.shape().batch());
        }
    }

    @Override
    public void maxPoolGradient(Indices chosen, Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Shape in = gx.shape();
        int[] found = ((Handles.ReferenceIndices) chosen).get(in.batch());
        ((ReferenceTensor) gx)
                .set(Pool.maxGradient(window, in, found, numbers(gy), beta, numbers(gx), bits(mask, in.batch())));
    }

    @Override
    public void maxPoolTangent(Indices chosen, Window window, Tensor xDot, Tensor yDot) {
        Shape in = xDot.shape();
        int[] found = ((Handles.ReferenceIndices) chosen).get(in.batch());
        ((ReferenceTensor) yDot).set(Pool.maxTangent(window, in, found, numbers(xDot)));
    }

    @Override
    public void averagePool(Tensor x, Window window, Tensor y) {
        ((ReferenceTensor) y).set(Pool.average(window, x.shape(), numbers(x)));
    }

    @Override
    public void averagePoolGradient(Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
        Shape in = gx.shape();
        ((ReferenceTensor) gx)
                .set(Pool.averageGradient(window, in, numbers(gy), beta, numbers(gx), bits(mask, in.batch())));
    }

    @Override
    public void retile(Tensor x, Tiling from, Tensor y, Tiling to, int overlap) {
        ((ReferenceTensor) y).set(Retile.of(x.shape(), from, numbers(x), to, overlap));
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
        Shape shape = x.shape();
        float[] in = numbers(x);
        BatchNormalization.Statistics batch = BatchNormalization.Statistics.of(shape, in);
        normalise(in, batch, norm, residual, activation, y);
        if (mask != null) {
            ((Handles.ReferenceMask) mask).set(Relu.mask(numbers(y)), shape.batch());
        }
        float[] inverse = new float[shape.channels()];
        float[] mean = new float[shape.channels()];
        for (int c = 0; c < mean.length; c++) {
            mean[c] = (float) batch.mean()[c];
            inverse[c] = (float) batch.inverseDeviation(c, norm.epsilon());
        }
        replace(saved.mean(), mean);
        replace(saved.inverseDeviation(), inverse);
        replace(norm.runningMean(), batch.runningMean(numbers(norm.runningMean()), norm.momentum()));
        replace(
                norm.runningVariance(),
                batch.runningVariance(numbers(norm.runningVariance()), norm.momentum(), in.length / shape.channels()));
    }

    @Override
    public void batchNormInference(
            Tensor x, BatchNorm norm, @Nullable Tensor residual, Activation activation, Tensor y) {
        BatchNormalization.Statistics running =
                BatchNormalization.Statistics.running(numbers(norm.runningMean()), numbers(norm.runningVariance()));
        normalise(numbers(x), running, norm, residual, activation, y);
    }

    private static void normalise(
            float[] in,
            BatchNormalization.Statistics statistics,
            BatchNorm norm,
            @Nullable Tensor residual,
            Activation activation,
            Tensor y) {
        float[] added = residual == null ? null : numbers(residual);
        boolean relu = activation == Activation.RELU;
        ((ReferenceTensor) y)
                .set(BatchNormalization.forward(
                        y.shape(),
                        in,
                        statistics,
                        dense(norm.gamma()),
                        dense(norm.beta()),
                        norm.epsilon(),
                        added,
                        relu));
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
        Shape shape = x.shape();
        BatchNormalization.Gradients gradients = BatchNormalization.gradient(
                shape,
                numbers(x),
                numbers(saved.mean()),
                numbers(saved.inverseDeviation()),
                dense(norm.gamma()),
                numbers(gy),
                beta,
                numbers(gx),
                bits(mask, shape.batch()));
        ((ReferenceTensor) gx).set(gradients.gx());
        replace(gGamma, GatherScatter.gather(entries(gGamma), gradients.gGamma()));
        replace(gBeta, GatherScatter.gather(entries(gBeta), gradients.gBeta()));
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
        ((ReferenceTensor) yDot)
                .set(BatchNormalization.tangent(
                        x.shape(),
                        numbers(x),
                        numbers(saved.mean()),
                        numbers(saved.inverseDeviation()),
                        dense(norm.gamma()),
                        numbers(xDot),
                        dense(gammaDot),
                        dense(betaDot),
                        beta,
                        numbers(yDot),
                        bits(mask, x.shape().batch())));
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
        BatchNormalization.Gradients tangents = BatchNormalization.gradientTangent(
                x.shape(),
                numbers(x),
                numbers(saved.mean()),
                numbers(saved.inverseDeviation()),
                dense(norm.gamma()),
                numbers(xDot),
                dense(gammaDot),
                numbers(gy),
                numbers(gyDot),
                beta,
                numbers(gxDot),
                bits(mask, x.shape().batch()));
        ((ReferenceTensor) gxDot).set(tangents.gx());
        replace(gGammaDot, GatherScatter.gather(entries(gGammaDot), tangents.gGamma()));
        replace(gBetaDot, GatherScatter.gather(entries(gBetaDot), tangents.gBeta()));
    }

    @Override
    public void dropout(
            Tensor x, float rate, RandomStream stream, int site, float beta, Tensor y, @Nullable Mask mask) {
        Handles.ReferenceStream from = (Handles.ReferenceStream) stream;
        float[] in = numbers(x);
        boolean[] kept = Dropout.kept(in.length, rate, from.key, from.step, site);
        boolean[] bits = bits(mask, x.shape().batch());
        ((ReferenceTensor) y).set(Dropout.dropout(in, rate, kept, beta, numbers(y), bits));
    }

    @Override
    public void advance(RandomStream stream) {
        ((Handles.ReferenceStream) stream).step++;
    }

    @Override
    public void add(Tensor x, float beta, Tensor y, @Nullable Mask mask) {
        boolean[] bits = bits(mask, x.shape().batch());
        ((ReferenceTensor) y).set(Dropout.add(numbers(x), beta, numbers(y), bits));
    }

    @Override
    public void softmaxCrossEntropy(
            Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct) {
        Shape shape = logits.shape();
        int[] classes = ((Handles.ReferenceLabels) labels).classes;
        for (int i = 0; i < shape.batch(); i++) {
            if (classes[i] < 0 || classes[i] >= shape.features()) {
                throw new IllegalArgumentException("label " + classes[i] + " of sample " + i + " is outside the "
                        + shape.features() + " classes of the logits");
            }
        }
        SoftmaxCrossEntropy.Result result =
                SoftmaxCrossEntropy.of(((ReferenceTensor) logits).get(), shape.features(), shape.batch(), classes);
        if (gradient != null) {
            ((ReferenceTensor) gradient).set(result.gradient());
        }
        add(lossSum, result.lossSum());
        add(correct, result.correct());
    }

    @Override
    public void softmaxCrossEntropyTangent(Tensor logits, Tensor logitsDot, Tensor gradientDot) {
        Shape shape = logits.shape();
        ((ReferenceTensor) gradientDot)
                .set(SoftmaxCrossEntropy.tangent(numbers(logits), numbers(logitsDot), shape.features(), shape.batch()));
    }

    private static float[] numbers(Tensor tensor) {
        return ((ReferenceTensor) tensor).get();
    }

    private static float[] numbers(Values values) {
        return ((ReferenceValues) values).numbers();
    }

    private static SparsityPattern entries(Values values) {
        return ((ReferenceValues) values).space().entries();
    }

    /** One number per channel, 0 outside the pattern. */
    private static float[] dense(Values values) {
        return GatherScatter.scatter(entries(values), numbers(values));
    }

    private static void replace(Values values, float[] numbers) {
        ((ReferenceValues) values).replace(numbers);
    }

    private static boolean @Nullable [] bits(@Nullable Mask mask, int batch) {
        return mask == null ? null : ((Handles.ReferenceMask) mask).get(batch);
    }

    private static void add(Cell cell, double amount) {
        Handles.ReferenceCell sum = (Handles.ReferenceCell) cell;
        sum.value = (float) (sum.value + amount);
    }
}
