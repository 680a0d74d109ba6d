package dev.gossamer.fl.method;

/**
 * A federated method: an initial state, and rounds that make a new state from the last. States are immutable; a method holds
 * settings only and may be used by several runs at once.
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
}
