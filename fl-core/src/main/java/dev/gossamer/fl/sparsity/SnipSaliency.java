package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Pruning at initialisation by connection sensitivity: the share of {@code |w·g|} that a weight has in the sum over all
 * prunable ones, g being the gradient of the mean loss of a batch.
 *
 * <p>Source: "SNIP: single-shot network pruning based on connection sensitivity", Lee, Ajanthan, Torr, ICLR 2019, equation (6).
 * There all weights and biases are prunable; what else is not, such as scales and shifts of batch norms, the caller leaves out.
 */
public final class SnipSaliency {

    private SnipSaliency() {}

    /** How many of {@code entries} stay at a sparsity: {@code round(entries·(1 − sparsity))}. */
    public static long kept(long entries, double sparsity) {
        if (!(sparsity >= 0 && sparsity <= 1)) {
            throw new IllegalArgumentException("sparsity is " + sparsity + ", but must be in [0, 1]");
        }
        return Math.round(entries * (1 - sparsity));
    }

    /**
     * The model with exactly the {@code keep} most sensitive of its prunable values left, by {@link MagnitudeSelection}'s rule
     * (ties: the lower index stays; NaN is refused).
     *
     * @param gradient of the loss, with the model's trained tensors by name
     * @param keep 0 to the number of prunable values
     */
    public static ModelState prune(ModelState model, ModelState gradient, Predicate<TensorState> prunable, long keep) {
        List<TensorState> tensors = model.tensors().stream().filter(prunable).toList();
        List<double[]> products = tensors.stream()
                .map(tensor -> products(tensor, gradient.tensor(tensor.name())))
                .toList();
        double sum = 0;
        for (double[] part : products) {
            for (double product : part) {
                sum += product;
            }
        }
        List<MemorySegment> saliencies = new ArrayList<>();
        for (double[] part : products) {
            saliencies.add(MemorySegment.ofArray(shares(part, sum)));
        }
        return MagnitudePruning.retain(model, prunable, MagnitudeSelection.keepTop(saliencies, keep));
    }

    private static double[] products(TensorState weights, TensorState gradient) {
        float[] g = Entries.of(gradient, weights);
        double[] products = new double[g.length];
        for (int i = 0; i < g.length; i++) {
            products[i] = Math.abs((double) weights.values()[i] * g[i]);
        }
        return products;
    }

    /** Rounded to f32 only after division, so that small products do not vanish together. */
    private static float[] shares(double[] products, double sum) {
        float[] shares = new float[products.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = (float) (sum == 0 ? 0 : products[i] / sum);
        }
        return shares;
    }
}
