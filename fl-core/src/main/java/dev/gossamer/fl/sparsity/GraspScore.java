package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.SignedSelection;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Pruning at initialisation so that gradients keep flowing: by the score {@code S = −θ ⊙ Hg / (|Σ −θ ⊙ Hg| + 1e-10)}, g and H
 * being gradient and Hessian of the mean loss. The largest scores go: without these weights the gradient's norm falls least, or
 * grows.
 *
 * <p>Source: "Picking winning tickets before training by preserving gradient flow", Wang, Zhang, Grosse, ICLR 2020, algorithm 1.
 * There weights of linear layers and convolutions are prunable, logits are divided by a temperature of {@value #TEMPERATURE}
 * before the softmax, and g and H are of {@value #SAMPLES_PER_CLASS} samples of each class. FedSparsify's comparison has no
 * temperature, takes one batch and prunes everything that is trained.
 */
public final class GraspScore {

    /** What logits are divided by. */
    public static final int TEMPERATURE = 200;

    /** Of the data that the score is from. */
    public static final int SAMPLES_PER_CLASS = 25;

    private static final double EPSILON = 1e-10;

    private GraspScore() {}

    /** How many of {@code entries} go at a sparsity: {@code int(entries·sparsity)}. */
    public static long removed(long entries, double sparsity) {
        if (!(sparsity >= 0 && sparsity <= 1)) {
            throw new IllegalArgumentException("sparsity is " + sparsity + ", but must be in [0, 1]");
        }
        return (long) (entries * sparsity);
    }

    /**
     * The scores of a model's prunable values, tensor by tensor.
     *
     * @param hessianGradient Hg, with the model's trained tensors by name
     */
    public static List<float[]> scores(ModelState model, ModelState hessianGradient, Predicate<TensorState> prunable) {
        List<double[]> products = new ArrayList<>();
        double sum = 0;
        for (TensorState tensor : model.tensors()) {
            if (prunable.test(tensor)) {
                double[] part = products(tensor, hessianGradient.tensor(tensor.name()));
                for (double product : part) {
                    sum += product;
                }
                products.add(part);
            }
        }
        double norm = Math.abs(sum) + EPSILON;
        return products.stream().map(part -> divided(part, norm)).toList();
    }

    /**
     * The model without exactly {@code remove} of its prunable values, those of the largest scores (of equals those with the
     * higher index; NaN is refused).
     */
    public static ModelState prune(
            ModelState model, ModelState hessianGradient, Predicate<TensorState> prunable, long remove) {
        long entries = 0;
        List<MemorySegment> merits = new ArrayList<>();
        for (float[] scores : scores(model, hessianGradient, prunable)) {
            entries += scores.length;
            merits.add(MemorySegment.ofArray(negated(scores)));
        }
        return MagnitudePruning.retain(model, prunable, SignedSelection.keepTop(merits, entries - remove));
    }

    private static double[] products(TensorState weights, TensorState hessianGradient) {
        float[] hg = Entries.of(hessianGradient, weights);
        double[] products = new double[hg.length];
        for (int i = 0; i < hg.length; i++) {
            products[i] = -(double) weights.values()[i] * hg[i];
        }
        return products;
    }

    private static float[] divided(double[] products, double by) {
        float[] scores = new float[products.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (products[i] / by);
        }
        return scores;
    }

    private static float[] negated(float[] scores) {
        float[] negated = new float[scores.length];
        for (int i = 0; i < negated.length; i++) {
            negated[i] = -scores[i];
        }
        return negated;
    }
}
