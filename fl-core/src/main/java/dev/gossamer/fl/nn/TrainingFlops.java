package dev.gossamer.fl.nn;

import dev.gossamer.engine.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Floating-point operations of a training step for each sample, products only:
 *
 * <pre>
 * y   = op(x, w)        F·d_w
 * g_x = opᵀ(g_y, w)     F·d_w     not in the first layer
 * g_w = corr(x, g_y)    F·d_x
 * </pre>
 *
 * <p>with F of each layer dense, d_w the density of its weights and d_x the share of its saved input. It is the count by which
 * SWAT states what it saves; padding counts as work, and selection, biases, batch norms and activations as none. With weights
 * that are pruned (a pattern) the last product has d_w too, since what is pruned has no gradient: {@link #pruned}.
 *
 * @param layers in the model's order; the first one's input is data, which has no gradient
 */
public record TrainingFlops(List<LayerWork> layers) {

    public TrainingFlops {
        layers = List.copyOf(layers);
    }

    /** Of a model. */
    public static TrainingFlops of(ModelSpec spec) {
        List<LayerWork> layers = new ArrayList<>();
        Shape shape = spec.input();
        for (LayerSpec layer : spec.layers()) {
            layers.addAll(layer.work(shape));
            shape = layer.output(shape);
        }
        return new TrainingFlops(layers);
    }

    /** All three products with everything. */
    public double dense() {
        double[] ones = ones();
        return trained(ones, ones);
    }

    /**
     * All three products where weights are selected and all are trained.
     *
     * @param weights density of each layer's weights
     * @param activations share of each layer's input that is saved
     */
    public double trained(double[] weights, double[] activations) {
        double sum = 0;
        for (int i = 0; i < layers.size(); i++) {
            double products = (i == 0 ? 1 : 2) * weights[i] + activations[i];
            sum += layers.get(i).flops() * products;
        }
        return sum;
    }

    /** All three products where weights are pruned: those that are left are trained, from a part of the input. */
    public double pruned(double[] weights, double[] activations) {
        double[] both = new double[weights.length];
        for (int i = 0; i < both.length; i++) {
            both[i] = weights[i] * activations[i];
        }
        return trained(weights, both);
    }

    /** The share of the dense step's work that a step saves. */
    public double cut(double flops) {
        return 1 - flops / dense();
    }

    private double[] ones() {
        double[] ones = new double[layers.size()];
        Arrays.fill(ones, 1);
        return ones;
    }
}
