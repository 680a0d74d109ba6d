package dev.gossamer.fl.sparsity;

import java.io.Serializable;

/**
 * Which elements of the input of a convolution or linear layer are saved for the gradient of its weights: those of largest
 * magnitude. Forward all elements count, and nothing is left out in evaluation.
 *
 * @param source where a layer's share of saved elements comes from
 * @param floor least share where it is measured, 0 to 1
 */
public record ActivationSparsity(Source source, double floor) implements Serializable {

    /** Where a layer's share of saved elements comes from. */
    public enum Source {
        /** All are saved. */
        ALL,
        /** The density that the layer's weights have by {@link WeightSparsity} (SWAT). */
        RULE,
        /** The share of the layer's weights that were not zero when the client started, or the floor (SparseFedPP). */
        MEASURED
    }

    /** All elements are saved. */
    public static final ActivationSparsity NONE = new ActivationSparsity(Source.ALL, 0);

    /** As many as the rule leaves of the layer's weights. */
    public static final ActivationSparsity AS_WEIGHTS = new ActivationSparsity(Source.RULE, 0);

    public ActivationSparsity {
        if (!(floor >= 0 && floor <= 1)) {
            throw new IllegalArgumentException("The least share of saved activations must be 0 to 1, got " + floor);
        }
    }

    /** The share of weights that are not zero, at least {@code floor}. */
    public static ActivationSparsity measured(double floor) {
        return new ActivationSparsity(Source.MEASURED, floor);
    }
}
