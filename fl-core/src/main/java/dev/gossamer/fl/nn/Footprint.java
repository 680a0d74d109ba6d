package dev.gossamer.fl.nn;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Memory of training, by formula and as held:
 *
 * <pre>expected = savedActivations + largestGradients + parameters + plans</pre>
 *
 * @param savedActivations what the forward pass keeps for the backward one, as stored: activations with the backend's
 *     padding, or the selection of one that is saved in its place, a bit for each element behind a ReLU, a byte for each output of a max pool, statistics of batch norms
 * @param largestGradients the two largest gradients of activations
 * @param parameters values, gradients and momentum, and weights that are powers of them
 * @param plans patterns and what products derive from them, and selections of weights
 * @param held bytes that the backend has given out for all of it
 */
public record Footprint(long savedActivations, long largestGradients, long parameters, long plans, long held) {

    public long expected() {
        return savedActivations + largestGradients + parameters + plans;
    }

    /** The one that holds more. */
    public Footprint larger(Footprint other) {
        return other.held > held ? other : this;
    }

    /** Both numbers and the terms of the formula, by name. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("heldBytes", held);
        map.put("expectedBytes", expected());
        map.put("savedActivations", savedActivations);
        map.put("largestGradients", largestGradients);
        map.put("parameters", parameters);
        map.put("plans", plans);
        return map;
    }
}
