package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;

/**
 * A federated method: an initial state, and rounds that make a new state from the last. States are immutable; a method holds
 * settings only and may be used by several runs at once. One that cannot begin with its model says so when it is made, before
 * weights are drawn.
 */
public interface FederatedMethod {

    /** The name it is chosen by; it travels in every message. */
    String name();

    /** The state before the first round: a function of the seed. */
    ServerState init(long seed);

    /**
     * One round.
     *
     * @param cohort of round {@code state.round() + 1}
     * @throws ClientException if a client fails, or no client sends what can be used; {@code state} is still good
     */
    RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients);

    /**
     * The model that is tested and taken away, of one that rounds go on from: the same, but where layers multiply with a
     * selection of their weights. Batch norms have the statistics of what was multiplied in training.
     */
    default ModelState inferenceModel(ModelState model) {
        return model;
    }
}
