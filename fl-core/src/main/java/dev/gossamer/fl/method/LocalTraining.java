package dev.gossamer.fl.method;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.SparseTraining;
import java.io.Serializable;

/**
 * How a client trains in a round: passes of mini-batch SGD over its own samples, shuffled anew in each.
 *
 * @param epochs passes, at least 1
 * @param batch samples per step, at least 1
 * @param rate learning rate, by round
 * @param rule momentum and the other terms of a step
 * @param augment how images vary
 * @param keepsMomentum whether a client goes on with the momentum of its last round, where its mask still has it; if not, a
 *     client remembers nothing
 * @param sparse which weights multiply and which activations are saved
 */
public record LocalTraining(
        int epochs,
        int batch,
        LearningRate rate,
        Sgd rule,
        Augment augment,
        boolean keepsMomentum,
        SparseTraining sparse)
        implements Serializable {

    /** At one rate, on the samples as they are. */
    public LocalTraining(int epochs, int batch, double rate, Sgd rule) {
        this(epochs, batch, LearningRate.constant(rate), rule, Augment.NONE, false, SparseTraining.NONE);
    }

    public LocalTraining {
        if (epochs < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "Local training needs epochs and batch of at least 1, got " + epochs + " and " + batch);
        }
        if (keepsMomentum && rule.momentum() == 0) {
            throw new IllegalArgumentException("Clients that keep their momentum need momentum above 0");
        }
        if (sparse.weights().followsMomentum() && rule.momentum() == 0) {
            throw new IllegalArgumentException("Densities that follow momentum need momentum above 0");
        }
    }

    /** The same with another number of passes. */
    public LocalTraining with(int newEpochs) {
        return new LocalTraining(newEpochs, batch, rate, rule, augment, keepsMomentum, sparse);
    }

    /** The same with another rule for a step. */
    public LocalTraining with(Sgd newRule) {
        return new LocalTraining(epochs, batch, rate, newRule, augment, keepsMomentum, sparse);
    }

    /** The same with other weights that multiply and other activations that are saved. */
    public LocalTraining with(SparseTraining newSparse) {
        return new LocalTraining(epochs, batch, rate, rule, augment, keepsMomentum, newSparse);
    }
}
