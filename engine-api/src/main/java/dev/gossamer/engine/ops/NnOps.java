package dev.gossamer.engine.ops;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Tensor;
import org.jspecify.annotations.Nullable;

/** Layers other than products, on NATIVE tensors. */
public interface NnOps {

    /** {@code y = max(x, 0)}; notes in the mask which elements were above 0. y may be x. */
    void relu(Tensor x, Tensor y, Mask mask);

    /** {@code gx = gy where the mask is set, else +0.0}; gx may be gy. */
    void reluGradient(Mask mask, Tensor gy, Tensor gx);

    /**
     * Softmax and cross-entropy of a batch, with {@code classes = logits.shape().features()}.
     *
     * @param gradient {@code (softmax − onehot) / batch}, or null when only loss and count are wanted; may be {@code logits}
     * @param lossSum the batch's summed loss (not the mean) is added to it
     * @param correct the number of samples whose largest logit (the first of equals) is the label's is added to it
     */
    void softmaxCrossEntropy(Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct);
}
