package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The mean of models over those that hold a weight, {@code Σ n_k·m_k·w_k / Σ n_k·m_k}, with the union of their patterns:
 * FedDST's. It is folded one model after the other into doubles; the order is part of the result's last bits.
 *
 * <p>Source: "Federated dynamic sparse training", Bibikar, Vikalo, Wang, Chen, AAAI 2022, algorithm 1.
 */
public final class HoldersMean {

    private final ModelState layout;
    private final List<Sum> sums;
    private boolean empty = true;

    /** An empty mean of models like this one; only its names and shapes matter. */
    public HoldersMean(ModelState layout) {
        this.layout = layout;
        this.sums = layout.tensors().stream().map(Sum::new).toList();
    }

    /**
     * Folds in a model.
     *
     * @param weight above 0: samples behind the model
     */
    public void add(ModelState model, long weight) {
        if (weight < 1) {
            throw new IllegalArgumentException("A weight in a mean is at least 1, not " + weight);
        }
        layout.requireSameLayout(model, "model to average");
        for (int i = 0; i < sums.size(); i++) {
            sums.get(i).add(model.tensors().get(i), (double) weight);
        }
        empty = false;
    }

    /** The mean of what was added: what nobody holds has no entry. */
    public ModelState result() {
        if (empty) {
            throw new IllegalStateException("There is no mean of no models");
        }
        List<TensorState> means = new ArrayList<>();
        sums.forEach(sum -> means.add(sum.mean()));
        return new ModelState(means);
    }

    private static final class Sum {

        private final TensorState layout;
        private final double[] sums;
        private final double[] weights;

        Sum(TensorState layout) {
            this.layout = layout;
            this.sums = new double[Math.toIntExact(layout.size())];
            this.weights = new double[sums.length];
        }

        void add(TensorState tensor, double weight) {
            float[] values = tensor.values();
            SparsityPattern pattern = tensor.pattern();
            if (pattern == null) {
                for (int i = 0; i < values.length; i++) {
                    add(i, values[i], weight);
                }
            } else {
                int cols = pattern.cols();
                pattern.forEach((row, col, position) -> add(row * cols + col, values[position], weight));
            }
        }

        private void add(int element, float value, double weight) {
            sums[element] += weight * value;
            weights[element] += weight;
        }

        TensorState mean() {
            BitSet held = new BitSet();
            float[] means = new float[sums.length];
            for (int i = 0; i < means.length; i++) {
                if (weights[i] > 0) {
                    held.set(i);
                    means[i] = (float) (sums[i] / weights[i]);
                }
            }
            return Entries.activate(layout.with(null, means), held);
        }
    }
}
