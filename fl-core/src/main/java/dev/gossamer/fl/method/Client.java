package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.Masking;
import org.jspecify.annotations.Nullable;

/**
 * A client at work in a round: its samples, a network to train, what it remembers. Work sees nothing else, so that it is the
 * same on local threads and on a cluster. Everything here is a function of the run's seed, the round, the client and what it
 * was sent. Belongs to one thread, for the time of one {@link ClientWork#perform}.
 */
public interface Client {

    /** Under which a client remembers its momentum. */
    String MOMENTUM = "momentum";

    /** Its index among the clients. */
    int index();

    /** The round that the server's message names. */
    int round();

    /** Number of its training samples. */
    long samples();

    /** The model that everybody trains. */
    ModelSpec spec();

    /** Puts a model into the network. The present state of the optimiser is forgotten. */
    void load(ModelState model);

    /** Trains the network; what the optimiser starts with is as {@link LocalTraining#keepsMomentum} says. */
    default TrainingReport train(LocalTraining training) {
        if (!training.keepsMomentum()) {
            return train(training, null);
        }
        ModelState last = recall(MOMENTUM);
        TrainingReport report = train(training, last == null ? null : Masking.alike(last, state()));
        remember(MOMENTUM, momentum());
        return report;
    }

    /**
     * Trains the network on all samples of this client, shuffled anew for each pass.
     *
     * @param momentum what the optimiser starts with, on the trained parameters, with the network's patterns; null for zeros
     */
    TrainingReport train(LocalTraining training, @Nullable ModelState momentum);

    /**
     * Trains as {@link #train(LocalTraining)} does with an optimiser that remembers nothing, and sums up the squared gradients of
     * all steps, of all entries of the weights, also those that a mask lacks.
     */
    Squared trainWithSquares(LocalTraining training);

    /**
     * What training with squares gives.
     *
     * @param squares of the trained parameters by name, dense
     */
    record Squared(TrainingReport report, ModelState squares) {}

    /** Some of this client's samples, or all if it has no more: drawn without replacement, anew in each round. */
    int[] draw(int count);

    /** Up to so many samples of each class that this client has, drawn as above. */
    int[] drawPerClass(int count);

    /**
     * The gradient of the mean loss of some samples at the network's present parameters, of all entries, also those that a mask
     * lacks; by the weights that multiply, which Powerpropagation's θ is not.
     *
     * @param samples from {@link #draw}
     * @return the trained parameters by name, dense
     */
    ModelState gradient(GradientSettings settings, int[] samples);

    /** The product of the Hessian of that loss with its gradient, exact; as {@link #gradient}. */
    ModelState hessianGradient(GradientSettings settings, int[] samples);

    /** The network's parameters now: patterns and values. */
    ModelState state();

    /** What the optimiser remembers, of the trained parameters, after training with momentum. */
    ModelState momentum();

    /** What {@link #remember} was given under this name in an earlier round; null if nothing was. */
    default @Nullable ModelState recall(String name) {
        return recall(name, 1);
    }

    /**
     * Likewise, if that is not too long ago.
     *
     * @param since the first round that counts
     */
    @Nullable
    ModelState recall(String name, int since);

    /** Keeps something from round to round. It counts as this client's memory: it is not sent. */
    void remember(String name, ModelState state);

    /** Lets go of what was remembered under a name. */
    void forget(String name);
}
