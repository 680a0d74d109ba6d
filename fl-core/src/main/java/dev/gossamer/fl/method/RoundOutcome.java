package dev.gossamer.fl.method;

/**
 * What a round leaves.
 *
 * @param state for the next round
 * @param traffic what was sent
 * @param pruneError {@code ‖θ - θ⊙m‖²} of what was pruned in the round: by the server, or the mean over the clients
 */
public record RoundOutcome(ServerState state, Traffic traffic, double pruneError) {

    /** Of a round in which clients prune, if anybody. */
    public RoundOutcome(ServerState state, Traffic traffic) {
        this(state, traffic, traffic.pruneError());
    }
}
