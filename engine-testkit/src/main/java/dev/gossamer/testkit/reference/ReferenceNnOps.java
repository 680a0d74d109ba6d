package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.NnOps;
import org.jspecify.annotations.Nullable;

/** {@link Relu}, {@link Pool} and {@link SoftmaxCrossEntropy} on the backend's operands. */
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

    private static float[] numbers(Tensor tensor) {
        return ((ReferenceTensor) tensor).get();
    }

    private static boolean @Nullable [] bits(@Nullable Mask mask, int batch) {
        return mask == null ? null : ((Handles.ReferenceMask) mask).get(batch);
    }

    private static void add(Cell cell, double amount) {
        Handles.ReferenceCell sum = (Handles.ReferenceCell) cell;
        sum.value = (float) (sum.value + amount);
    }
}
