package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.io.Serializable;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;

/**
 * FedDST's sparse training at constant sparsity: layers have the counts of {@link ErdosRenyiKernel#keptByScaledSparsity}; a
 * client that adjusts its patterns gives up its smallest weights and takes in as many that are inactive and have the largest
 * gradients.
 *
 * <p>Source: "Federated dynamic sparse training: computing less, communicating less, yet learning better", Bibikar, Vikalo,
 * Wang, Chen, AAAI 2022. Defaults there: on CIFAR-10 S = 0.8 and alpha = 0.01, ending at half of all rounds. The published code
 * multiplies by alpha twice, and its growing may hit active weights and zero them; here the paper's rule stands.
 *
 * @param sparsity S of all prunable tensors together, in [0, 1)
 * @param alpha the fraction of active weights that is exchanged at first, in [0, 1]
 * @param endRound R_end, from which on nothing is exchanged; at least 1
 */
public record PruneRegrow(double sparsity, double alpha, int endRound) implements Serializable {

    public PruneRegrow {
        require(sparsity >= 0 && sparsity < 1, "sparsity", sparsity, "in [0, 1)");
        require(alpha >= 0 && alpha <= 1, "alpha", alpha, "in [0, 1]");
        require(endRound >= 1, "endRound", endRound, "at least 1");
    }

    /** The fraction that is exchanged in a round: {@code a_r = alpha/2·(1 + cos(r·π / R_end))}, 0 from R_end on. */
    public double exchanged(int round) {
        require(round >= 0, "round", round, "0 or more");
        return round >= endRound ? 0 : alpha / 2 * (1 + StrictMath.cos(round * Math.PI / endRound));
    }

    /**
     * Each layer's largest weights, as many as it has at sparsity S: what the server starts with, and brings a mean of models
     * back to. A layer that has no more than that stays as it is.
     */
    public ModelState prune(ModelState model, Predicate<TensorState> prunable) {
        return prune(model, prunable, sparsity);
    }

    /** The sparsity between pruning and growing. */
    private double prunedTo(int round) {
        return sparsity + (1 - sparsity) * exchanged(round);
    }

    /**
     * That layers have weights enough for every exchange from a round on: the first prunes most.
     *
     * @param shapes of the prunable tensors
     * @throws IllegalArgumentException if a layer would need more zeros than it has weights
     */
    public void check(List<int[]> shapes, int round) {
        try {
            ErdosRenyiKernel.keptByScaledSparsity(shapes, prunedTo(round));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    e.getMessage() + (exchanged(round) > 0 ? ", or adjustFraction (it is " + alpha + ")" : ""), e);
        }
    }

    /**
     * The exchange: prunes every layer to the sparsity {@code S + (1 − S)·a_r} by magnitude and lets it grow back to S by the
     * largest gradients in magnitude among what is then inactive. What grows starts at 0.
     *
     * @param gradient of the loss at the model, dense, with the prunable tensors by name
     */
    public ModelState adjust(ModelState model, ModelState gradient, Predicate<TensorState> prunable, int round) {
        ModelState pruned = prune(model, prunable, prunedTo(round));
        long[] counts = counts(model, prunable, sparsity);
        List<TensorState> tensors = new ArrayList<>();
        int layer = 0;
        for (TensorState tensor : pruned.tensors()) {
            tensors.add(prunable.test(tensor) ? grow(tensor, gradient.tensor(tensor.name()), counts[layer++]) : tensor);
        }
        return new ModelState(tensors);
    }

    private static ModelState prune(ModelState model, Predicate<TensorState> prunable, double sparsity) {
        long[] counts = counts(model, prunable, sparsity);
        ModelState pruned = model;
        int layer = 0;
        for (TensorState tensor : model.tensors()) {
            if (prunable.test(tensor)) {
                pruned = MagnitudePruning.keepTop(pruned, other -> other.name().equals(tensor.name()), counts[layer++]);
            }
        }
        return pruned;
    }

    private static long[] counts(ModelState model, Predicate<TensorState> prunable, double sparsity) {
        List<int[]> shapes = model.tensors().stream()
                .filter(prunable)
                .map(TensorState::shape)
                .toList();
        return ErdosRenyiKernel.keptByScaledSparsity(shapes, sparsity);
    }

    private static TensorState grow(TensorState tensor, TensorState gradient, long count) {
        BitSet elements = Entries.active(tensor);
        long missing = count - elements.cardinality();
        if (missing <= 0) {
            return tensor;
        }
        BitSet inactive = (BitSet) elements.clone();
        inactive.flip(0, Math.toIntExact(tensor.size()));
        int[] candidates = inactive.stream().toArray();
        float[] dense = gradient.toDense();
        float[] gradients = new float[candidates.length];
        for (int i = 0; i < gradients.length; i++) {
            gradients[i] = dense[candidates[i]];
        }
        long[] grown = MagnitudeSelection.keepTop(List.of(MemorySegment.ofArray(gradients)), missing)
                .getFirst();
        BitSet.valueOf(grown).stream().forEach(i -> elements.set(candidates[i]));
        return Entries.activate(tensor, elements);
    }

    private static void require(boolean good, String field, Number value, String allowed) {
        if (!good) {
            throw new IllegalArgumentException("FedDST: " + field + " is " + value + ", but must be " + allowed);
        }
    }
}
