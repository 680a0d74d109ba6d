package dev.gossamer.engine.ops;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import org.jspecify.annotations.Nullable;

/**
 * Layers other than products, on NATIVE tensors.
 *
 * <p>Ops that write a gradient {@code gx} end as {@link dev.gossamer.engine.Product#inputGradient} does:
 * {@code gx = mask ⊙ (gradient + beta·gx)}, gx not being read where beta = 0, the mask being that of the ReLU that produced
 * x, or null. Outputs must not alias inputs except where an op says so.
 *
 * <p><b>Tangents.</b> What else an exact Hessian-vector product takes, forward over reverse: {@code xDot} is the derivative of
 * x along one direction in the space of the parameters, and a tangent op gives the derivative of what its namesake gives.
 * Linear ops are their own tangents, a ReLU's is {@link #reluGradient}. They allocate nothing, but are not tuned.
 *
 * <p>Source: "Fast exact multiplication by the Hessian", Pearlmutter, Neural Computation 6, 1994.
 */
public interface NnOps {

    /** {@code y = max(x, 0)}; notes in the mask which elements were above 0. y may be x. */
    void relu(Tensor x, Tensor y, Mask mask);

    /** {@code gx = gy where the mask is set, else +0.0}; gx may be gy. */
    void reluGradient(Mask mask, Tensor gy, Tensor gx);

    /**
     * Largest element of each window, the first of equals (in row order; −0 equals +0); NaN counts as largest. Padding is
     * never chosen.
     *
     * @param y {@code window.output(x.shape())}
     * @param chosen where each was found, or null when no gradient is wanted
     */
    void maxPool(Tensor x, Window window, Tensor y, @Nullable Indices chosen);

    /** Each element of gy goes to where its output was found. Windows may overlap; sums are in ascending order of windows. */
    void maxPoolGradient(Indices chosen, Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask);

    /** Tangent of {@link #maxPool}: {@code yDot} takes the elements of {@code xDot} from where x had its maxima. */
    void maxPoolTangent(Indices chosen, Window window, Tensor xDot, Tensor yDot);

    /** Mean of each window; padding counts as zeros, so that the divisor is always {@link Window#size()}. */
    void averagePool(Tensor x, Window window, Tensor y);

    /** Each element of gy, divided by the window's size, goes to all of its window. */
    void averagePoolGradient(Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask);

    /**
     * Cuts images into other tiles: those of y have the numbers of the same places of the images, and {@code overlap} rows and
     * columns more on each side, taken from their neighbours, +0.0 beyond the image. A convolution without padding then makes
     * of each tile what one of that padding makes of the image there.
     *
     * @param x tiles of {@code from}, without overlap
     * @param y {@code to.tiles(from.images(x.shape()), overlap)}
     */
    void retile(Tensor x, Tiling from, Tensor y, Tiling to, int overlap);

    /**
     * Batch normalisation of a training step: {@code y = activation(gamma·(x − mean)·inverseDeviation + beta + residual)},
     * mean and variance being the batch's over samples and plane, per channel. Updates the running statistics. The variance is
     * as exact as one summed about the mean: no difference of f32 mean squares.
     *
     * @param saved receives the batch's statistics
     * @param residual added before the activation, or null; of y's shape
     * @param mask where to note what passed the ReLU, or null; only with {@link Activation#RELU}
     */
    void batchNorm(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            @Nullable Tensor residual,
            Activation activation,
            @Nullable Mask mask,
            Tensor y);

    /** The same with the running statistics, which it leaves alone; y may be x or the residual. */
    void batchNormInference(Tensor x, BatchNorm norm, @Nullable Tensor residual, Activation activation, Tensor y);

    /**
     * Gradients of {@link #batchNorm} with respect to x, gamma and beta. The gradient with respect to the residual is gy.
     *
     * @param gy with the activation's mask applied
     * @param gx may be gy where beta = 0
     * @param gGamma overwritten, on the entries of its space only
     * @param gBeta overwritten, on the entries of its space only
     */
    void batchNormGradient(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor gy,
            float beta,
            Tensor gx,
            @Nullable Mask mask,
            Values gGamma,
            Values gBeta);

    /**
     * Tangent of {@link #batchNorm} without residual and activation, with {@code x̂ = (x − mean)·inverseDeviation} and means
     * over samples and plane of a channel:
     *
     * <pre>
     * x̂Dot = inverseDeviation·(xDot − mean(xDot) − x̂·mean(x̂·xDot))
     * yDot = mask ⊙ (gamma·x̂Dot + gammaDot·x̂ + betaDot + beta·yDot)
     * </pre>
     *
     * yDot is not read where {@code beta = 0}; with the residual's tangent in yDot and {@code beta = 1} it is that of the sum.
     *
     * @param gammaDot tangent of gamma, per channel; entries outside its pattern are 0
     * @param betaDot tangent of the norm's beta, per channel; entries outside its pattern are 0
     * @param yDot must not alias x or xDot
     * @param mask of the ReLU behind the norm, or null
     */
    void batchNormTangent(
            Tensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            Tensor xDot,
            Values gammaDot,
            Values betaDot,
            float beta,
            Tensor yDot,
            @Nullable Mask mask);

    /**
     * Tangent of {@link #batchNormGradient}, with x̂ and x̂Dot as in {@link #batchNormTangent}:
     *
     * <pre>
     * gBetaDot  = Σ gyDot
     * gGammaDot = Σ (gyDot·x̂ + gy·x̂Dot)
     * scaleDot  = gammaDot·inverseDeviation − gamma·inverseDeviation²·mean(x̂·xDot)
     * gxDot     = mask ⊙ (scaleDot·(gy − mean(gy) − x̂·mean(gy·x̂))
     *             + gamma·inverseDeviation·(gyDot − mean(gyDot) − x̂Dot·mean(gy·x̂) − x̂·gGammaDot/m) + beta·gxDot)
     * </pre>
     *
     * m being the number of values of a channel; gxDot is not read where {@code beta = 0}.
     *
     * @param gy as in {@code batchNormGradient}
     * @param gyDot its tangent
     * @param gxDot must not alias an input
     * @param gGammaDot overwritten, on the entries of its space only
     * @param gBetaDot overwritten, on the entries of its space only
     */
    void batchNormGradientTangent(
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
            Values gBetaDot);

    /**
     * Inverted dropout, forward and backward alike: {@code y = mask ⊙ (x·keep/(1 − rate) + beta·y)}. Element i of x in
     * row-major {@code [features, batch]} order is kept unless word {@code i mod 4} of the block
     * {@code Philox(key, i / 4, step, site)} is below {@code rate·2^32}. y may be x where beta = 0.
     *
     * <p>The same bits on every backend: {@code x·scale} with {@code scale = 1f / (1f − rate)}, rounded, and +0.0 for what is
     * dropped whatever x is; where {@code beta ≠ 0}, that number {@code d} gives {@code fma(beta, y, d)}.
     *
     * <p>Source: "Dropout", Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15, 2014.
     *
     * @param rate share that is dropped, in [0, 1)
     * @param site sets this use of the stream apart from others
     */
    void dropout(Tensor x, float rate, RandomStream stream, int site, float beta, Tensor y, @Nullable Mask mask);

    /** Goes to the stream's next step. */
    void advance(RandomStream stream);

    /**
     * {@code y = mask ⊙ fma(beta, y, x)}: residual addition, and with beta = 0 a copy, which does not read y. y may be x where
     * beta = 0.
     */
    void add(Tensor x, float beta, Tensor y, @Nullable Mask mask);

    /**
     * Softmax and cross-entropy of a batch, with {@code classes = logits.shape().features()}; logits have no plane.
     *
     * @param gradient {@code (softmax − onehot) / batch}, or null when only loss and count are wanted; may be {@code logits}
     * @param lossSum the batch's summed loss (not the mean) is added to it
     * @param correct the number of samples whose largest logit (the first of equals) is the label's is added to it
     */
    void softmaxCrossEntropy(Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct);

    /**
     * Tangent of the gradient that {@link #softmaxCrossEntropy} gives, which labels do not change:
     * {@code gradientDot = p ⊙ (logitsDot − Σ p·logitsDot) / batch} with {@code p = softmax(logits)}, sums over classes.
     *
     * @param gradientDot must not alias logits or logitsDot
     */
    void softmaxCrossEntropyTangent(Tensor logits, Tensor logitsDot, Tensor gradientDot);
}
