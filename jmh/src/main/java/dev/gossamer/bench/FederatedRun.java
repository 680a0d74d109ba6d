package dev.gossamer.bench;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.Arrays;

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

    /** A two-sided 95 % of the normal distribution. */
    private static final double DEVIATIONS = 1.96;

    int rounds() {
        return seconds.length;
    }

    /** Of a round, on average. */
    double meanSeconds() {
        return Arrays.stream(seconds).sum() / rounds();
    }

    /** Mean over the ten rounds up to one, or fewer if there are fewer before it. */
    double accuracyAt(int round) {
        return Arrays.stream(accuracy, Math.max(0, round - AVERAGED), round)
                .average()
                .orElse(Double.NaN);
    }

    /**
     * By which factor the mean may be off. Rounds get cheaper as the model gets sparser, so the scatter is that of
     * neighbours (von Neumann, 1941): half the mean square of their differences. It holds what disturbs from round to round, and
     * nothing of what differs from run to run.
     */
    double uncertainty() {
        double squares = 0;
        for (int round = 1; round < rounds(); round++) {
            double step = seconds[round] - seconds[round - 1];
            squares += step * step;
        }
        double deviation = Math.sqrt(squares / (2 * (rounds() - 1)) / rounds());
        return 1 + DEVIATIONS * deviation / meanSeconds();
    }

    /** Around a rate that was computed from the mean. */
    Interval around(double rate) {
        return new Interval(rate / uncertainty(), rate * uncertainty());
    }

    /** Around how much faster this run is than another. */
    Interval around(double ratio, FederatedRun other) {
        double ours = Math.log(uncertainty());
        double theirs = Math.log(other.uncertainty());
        double factor = Math.exp(Math.sqrt(ours * ours + theirs * theirs));
        return new Interval(ratio / factor, ratio * factor);
    }
}
