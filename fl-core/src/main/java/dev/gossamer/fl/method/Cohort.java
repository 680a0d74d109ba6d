package dev.gossamer.fl.method;

import java.util.List;

/**
 * The clients of a round.
 *
 * @param round counted from 1
 * @param clients distinct indices; their order is the order in which results are folded
 * @param quorum what is asked of them together
 * @param screens whether one of them, whichever answers first, is to find what all begin with: nobody trains yet
 */
public record Cohort(int round, List<Integer> clients, Quorum quorum, boolean screens) {

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

    /** A cohort that trains. */
    public Cohort(int round, List<Integer> clients, Quorum quorum) {
        this(round, clients, quorum, false);
    }

    /** A cohort of which any answer is enough. */
    public Cohort(int round, List<Integer> clients) {
        this(round, clients, Quorum.ANY);
    }

    /** The same round with other clients. */
    public Cohort of(List<Integer> others) {
        return new Cohort(round, others, quorum, screens);
    }

    /**
     * The same round before it trains: one answer is enough, and each client is asked as often as one that trains.
     *
     * @param order in which clients are asked, the next when the one before has failed for good
     */
    public Cohort screening(List<Integer> order) {
        return new Cohort(round, order, new Quorum(1, quorum.retries()), true);
    }
}
