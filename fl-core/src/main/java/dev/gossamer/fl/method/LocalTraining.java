package dev.gossamer.fl.method;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.SparseTraining;

/**
 * What a client does with the model it receives: passes of mini-batch SGD over its own samples, shuffled anew in each.
 * Optimiser state starts empty: a client remembers nothing between rounds.
 *
 * @param epochs passes, at least 1
 * @param batch samples per step, at least 1
 * @param rate learning rate, above 0 and finite
 * @param rule momentum and the other terms of a step
 * @param augment how images vary
 * @param sparse which weights multiply and which activations are saved
 */
public record LocalTraining(int epochs, int batch, float rate, Sgd rule, Augment augment, SparseTraining sparse) {

    /** With all that the model's patterns have. */
    public LocalTraining(int epochs, int batch, float rate, Sgd rule, Augment augment) {
        this(epochs, batch, rate, rule, augment, SparseTraining.NONE);
    }

    /** On the samples as they are. */
    public LocalTraining(int epochs, int batch, float rate, Sgd rule) {
        this(epochs, batch, rate, rule, Augment.NONE);
    }

    public LocalTraining {
        if (epochs < 1 || batch < 1 || !(rate > 0 && rate < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "Local training needs epochs and batch of at least 1 and a finite rate above 0, got " + epochs
                            + ", " + batch + " and " + rate);
        }
    }
}
