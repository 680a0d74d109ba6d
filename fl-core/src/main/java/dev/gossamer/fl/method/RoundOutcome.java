package dev.gossamer.fl.method;

/**
 * What a round leaves.
 *
 * @param state for the next round
 * @param traffic what was sent
 */
public record RoundOutcome<S extends ServerState>(S state, Traffic traffic) {}
