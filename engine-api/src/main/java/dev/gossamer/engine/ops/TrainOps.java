package dev.gossamer.engine.ops;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Space;
import java.util.List;

/** Optimisers, over all parameters in one call. Entries outside a pattern are neither read nor written. */
public interface TrainOps {

    /**
     * One step of stochastic gradient descent on {@code THETA} of every space, from {@code GRADIENT}:
     *
     * <pre>
     * d = g + weightDecay·θ + proximal·(θ − anchor)
     * v = momentum·v + d                      (only if momentum ≠ 0)
     * θ = θ − rate·(d | v | d + momentum·v)   (plain | momentum | Nesterov)
     * </pre>
     *
     * {@code MOMENTUM} and {@code ANCHOR} are used where the rule has those terms.
     */
    void sgd(List<Space> group, Cell rate, Sgd rule);
}
