package dev.gossamer.fl.method;

import java.util.List;

/**
 * The clients of a round.
 *
 * @param round counted from 1
 * @param clients distinct indices; their order is the order in which results are folded
 */
public record Cohort(int round, List<Integer> clients) {

    public Cohort {
        clients = List.copyOf(clients);
        if (round < 1) {
            throw new IllegalArgumentException("Rounds count from 1, got " + round);
        }
        if (clients.isEmpty()) {
            throw new IllegalArgumentException("Round " + round + " needs at least one client");
        }
    }
}
