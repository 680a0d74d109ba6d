package dev.gossamer.engine;

import org.jspecify.annotations.Nullable;

/**
 * A linear or convolutional product of one {@link Geometry}, with its plans and scratch. The {@link Space} of the weights
 * says whether it is dense or sparse; tensors are {@link Layout#NATIVE} with any batch.
 *
 * <p><b>Determinism.</b> In {@link #forward} and {@link #inputGradient} every output element is one f32 FMA chain in
 * ascending index of the reduced dimension, starting from {@code beta * out} (from +0.0 when beta = 0; the output is then
 * not read): (input channel, ky, kx) forward, (output channel, ky, kx) backward. Padding adds nothing to a chain. Backends whose hardware leaves no other choice say so in their {@code describe()}. Weight and bias gradients
 * are reduced over the batch in a fixed order that the number of threads does not change. Operands are finite: whether a
 * weight outside the pattern, or padding, is multiplied by an infinity or left out is the kernel's choice.
 */
public interface Product extends Resource {

    Geometry geometry();

    /**
     * {@code y = epilogue(W·x + beta·y)}.
     *
     * @param w weights over a space of this geometry
     * @param x {@code geometry.inShape(batch)}
     * @param y {@code geometry.outShape(batch)}, must not alias x
     */
    void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue);

    /**
     * As above with the stored weights only, the others being 0 (SWAT).
     *
     * @param w of this geometry
     */
    void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue);

    /**
     * {@code gx = mask ⊙ (Wᵀ·gy + beta·gx)}.
     *
     * @param mask of the ReLU that produced x, or null to apply none
     */
    void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask);

    /** As above with the stored weights only, the others being 0 (SWAT). */
    void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask);

    /**
     * {@code gw = (gy·xᵀ restricted to the pattern) + beta·gw}, summed over batch and output plane: O(nnz · batch · plane)
     * work.
     */
    void weightGradient(Tensor x, Tensor gy, float beta, Values gw);

    /**
     * As above with an input of which only the stored elements count (SWAT).
     *
     * @param x compressed from a tensor with gy's batch
     */
    void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw);

    /** {@code gb = (gy summed over batch and plane, on the entries of gb's space only) + beta·gb}. */
    void biasGradient(Tensor gy, float beta, Values gb);

    /**
     * {@link #weightGradient(Tensor, Tensor, float, Values)} and {@link #biasGradient} with the same gy, to the same bits; in one
     * pass where a backend has one.
     *
     * @param beta of both
     */
    default void gradients(Tensor x, Tensor gy, float beta, Values gw, Values gb) {
        weightGradient(x, gy, beta, gw);
        biasGradient(gy, beta, gb);
    }

    /**
     * A layer's backward pass: {@link #gradients} with beta 0 and {@link #inputGradient(Values, Tensor, float, Tensor, Mask)}, to the
     * same bits; in one pass where a backend has one.
     *
     * @param beta of gx
     * @param gx must not alias x, nor gy
     * @param gw other values than w
     */
    default void backward(
            Values w, Tensor x, Tensor gy, float beta, Tensor gx, @Nullable Mask mask, Values gw, Values gb) {
        gradients(x, gy, 0, gw, gb);
        inputGradient(w, gy, beta, gx, mask);
    }

    /** Kernel choices in one line, for people. */
    String describe();
}
