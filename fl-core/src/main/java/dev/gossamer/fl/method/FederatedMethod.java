package dev.gossamer.fl.method;

/**
 * A federated method: an initial state, and rounds that make a new state from the last. States are immutable; a method holds
 * settings only and may be used by several runs at once.
 *
 * @param <S> what it carries from round to round
 */
public interface FederatedMethod<S extends ServerState> {

    /** The name it is chosen by; it travels in every message. */
    String name();

    /** The state before the first round: a function of the seed. */
    S init(long seed);

    /**
     * One round.
     *
     * @param cohort of round {@code state.round() + 1}
     * @throws ClientException if a client fails or sends what cannot be used; {@code state} is still good
     */
    RoundOutcome<S> round(S state, Cohort cohort, ClientRunner clients);
}
