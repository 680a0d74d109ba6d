package dev.gossamer.app.report;

import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunRecord;
import java.util.function.ToDoubleFunction;

/**
 * A run as numbers by round.
 *
 * @param name what the run is called on the page
 */
record Curves(String name, RunRecord run) {

    static final double MEGA = 1e6;

    double[] rounds() {
        return of(RoundMetrics::round);
    }

    double[] of(ToDoubleFunction<RoundMetrics> number) {
        return run.rounds().stream().mapToDouble(number).toArray();
    }

    double[] sumsOf(ToDoubleFunction<RoundMetrics> number) {
        double[] sums = of(number);
        for (int i = 1; i < sums.length; i++) {
            sums[i] += sums[i - 1];
        }
        return sums;
    }

    double totalOf(ToDoubleFunction<RoundMetrics> number) {
        return run.rounds().stream().mapToDouble(number).sum();
    }

    /** Sent so far, both ways. */
    double[] megabytes() {
        return sumsOf(round -> (round.bytesUp() + round.bytesDown()) / MEGA);
    }

    /** What had been sent in the round if models were dense. */
    double denseBytes(RoundMetrics round) {
        return (double) run.denseBytes() * (round.asked() + round.answered());
    }

    /** The accuracy of the run: as its result has it, or as it would be if it ended now. */
    double accuracy() {
        return run.rounds().stream()
                .skip(Math.max(0, run.rounds().size() - 10))
                .mapToDouble(RoundMetrics::accuracy)
                .average()
                .orElse(Double.NaN);
    }
}
