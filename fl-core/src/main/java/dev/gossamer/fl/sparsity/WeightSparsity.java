package dev.gossamer.fl.sparsity;

import java.io.Serializable;

/**
 * Which weights multiply, forward and in the gradient of the input: of each layer those of largest magnitude. All weights have
 * a gradient and are trained, so that others may come into the selection.
 *
 * @param rule how the density is spread over layers
 * @param density of the model's weights, above 0 and at most 1
 */
public record WeightSparsity(DensityRule rule, double density) implements Serializable {

    /** All weights that there are: those of the model's patterns. */
    public static final WeightSparsity NONE = new WeightSparsity(DensityRule.UNIFORM, 1);

    public WeightSparsity {
        if (!(density > 0 && density <= 1)) {
            throw new IllegalArgumentException("The density of weights must be above 0 and at most 1, got " + density);
        }
    }

    /** Whether weights are selected at all. */
    public boolean selects() {
        return density < 1;
    }

    /** Whether how many are selected of each layer follows the optimiser's momentum. */
    public boolean followsMomentum() {
        return selects() && rule.followsMomentum();
    }
}
