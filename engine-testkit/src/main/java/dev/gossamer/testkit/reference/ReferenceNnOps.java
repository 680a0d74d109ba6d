package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.ops.NnOps;
import org.jspecify.annotations.Nullable;

/** {@link Relu} and {@link SoftmaxCrossEntropy} on the backend's operands. */
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

    private static void add(Cell cell, double amount) {
        Handles.ReferenceCell sum = (Handles.ReferenceCell) cell;
        sum.value = (float) (sum.value + amount);
    }
}
