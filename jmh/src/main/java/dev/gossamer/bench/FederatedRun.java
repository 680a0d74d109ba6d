package dev.gossamer.bench;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.Arrays;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * What a program made of some rounds, or all, of a federated run.
 *
 * @param seconds of each round, on the clock: clients, encoding, mean, pruning, test
 * @param accuracy of each round's model on the test set
 * @param nnz parameters that each round left
 */
@SuppressWarnings("ArrayRecordComponent") // read only, never compared
record FederatedRun(double[] seconds, double[] accuracy, long[] nnz) {

    private static final int AVERAGED = 10;

    private static final double CONFIDENCE = 0.95;

    int rounds() {
        return seconds.length;
    }

    /**
     * Of so many rounds, of which these are the first, or all. The first one is not like the others, as programs warm up in it and
     * nothing is pruned yet: it counts once, as in a run of any length, and for each that was not run stands the mean of the others.
     */
    double totalSeconds(int of) {
        return of == 1 ? seconds[0] : seconds[0] + (of - 1) * meanOfOthers();
    }

    private double meanOfOthers() {
        return Arrays.stream(seconds, 1, rounds()).average().orElse(Double.NaN);
    }

    /** Mean over the ten rounds up to one, or fewer if there are fewer before it. */
    double accuracyAt(int round) {
        return Arrays.stream(accuracy, Math.max(0, round - AVERAGED), round)
                .average()
                .orElse(Double.NaN);
    }

    /**
     * By which factor the total of so many rounds may be off, with 95 %; not a number where fewer than two rounds followed the
     * first. Rounds get cheaper as the model gets sparser, so the scatter is that of neighbours (von Neumann, 1941): half the
     * mean square of their differences, with the degrees of freedom that its variance has. It holds what disturbs from round to
     * round, and nothing of what differs from run to run.
     */
    double uncertainty(int of) {
        int others = rounds() - 1;
        if (others < 2) {
            return Double.NaN;
        }
        double squares = 0;
        for (int round = 2; round < rounds(); round++) {
            double step = seconds[round] - seconds[round - 1];
            squares += step * step;
        }
        double variance = squares / (2.0 * (others - 1));
        double following = of - 1.0;
        double deviation = Math.sqrt(variance * (1 + following * following / others));
        double freedom = 2.0 * (others - 1) * (others - 1) / (3.0 * others - 4);
        double quantile = new TDistribution(freedom).inverseCumulativeProbability(1 - (1 - CONFIDENCE) / 2);
        return 1 + quantile * deviation / totalSeconds(of);
    }

    /** Around a rate that was computed from the total of so many rounds. */
    Interval around(double rate, int of) {
        double factor = uncertainty(of);
        return new Interval(rate / factor, rate * factor);
    }

    /** Around how much faster this run is than another over so many rounds. */
    Interval around(double ratio, FederatedRun other, int of) {
        double ours = Math.log(uncertainty(of));
        double theirs = Math.log(other.uncertainty(of));
        double factor = Math.exp(Math.sqrt(ours * ours + theirs * theirs));
        return new Interval(ratio / factor, ratio * factor);
    }
}
