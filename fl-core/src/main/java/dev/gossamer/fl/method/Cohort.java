package dev.gossamer.fl.method;

import java.util.List;

/**
 * The clients of a round.
 *
 * @param round counted from 1
 * @param clients distinct indices; their order is the order in which results are folded
 * @param quorum what is asked of them together
 */
public record Cohort(int round, List<Integer> clients, Quorum quorum) {

    /**
     * How many have to send something that can be used.
     *
     * @param least fewer of them are an error; at least 1
     * @param retries how often those are asked again that sent nothing, or nothing that can be used
     */
    public record Quorum(int least, int retries) {

        /** One is enough, and nobody is asked twice. */
        public static final Quorum ANY = new Quorum(1, 0);

        public Quorum {
            if (least < 1 || retries < 0) {
                throw new IllegalArgumentException(
                        "A round needs at least 1 answer, and 0 or more retries; got " + least + " and " + retries);
            }
        }
    }

    public Cohort {
        clients = List.copyOf(clients);
        if (round < 1) {
            throw new IllegalArgumentException("Rounds count from 1, got " + round);
        }
        if (clients.isEmpty()) {
            throw new IllegalArgumentException("Round " + round + " needs at least one client");
        }
    }

    /** A cohort of which any answer is enough. */
    public Cohort(int round, List<Integer> clients) {
        this(round, clients, Quorum.ANY);
    }

    /** The same round with other clients. */
    public Cohort of(List<Integer> others) {
        return new Cohort(round, others, quorum);
    }
}
