package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FederatedRunTest {

    private static FederatedRun run(double... seconds) {
        return new FederatedRun(seconds, new double[] {0.1, 0.2, 0.6}, new long[seconds.length]);
    }

    @Test
    void theFirstRoundCountsOnce() {
        FederatedRun run = run(9, 2, 4);
        assertThat(run.totalSeconds(3)).as("its own rounds").isEqualTo(15);
        assertThat(run.totalSeconds(101))
                .as("a hundred more like the second and third")
                .isEqualTo(9 + 100 * 3.0);
        assertThat(run(5).totalSeconds(1)).isEqualTo(5);
        assertThat(run(5).totalSeconds(2)).isNaN();
    }

    @Test
    void accuracyIsAMeanOverRounds() {
        FederatedRun run = run(1, 2, 6);
        assertThat(run.accuracyAt(3)).isCloseTo(0.3, within(1e-12));
        assertThat(run.accuracyAt(1)).isEqualTo(0.1);
    }

    /** A trend counts as little as it moves from round to round; what jumps counts, but for the step from the first round. */
    @Test
    void scatterIsThatOfNeighbours() {
        assertThat(run(9, 2, 2, 2).uncertainty(4)).isEqualTo(1);
        // One difference, 2, of one degree of freedom: half its square is 2, and three rounds may be off by the root of
        // 3·2.
        assertThat(run(9, 4, 6).uncertainty(3)).isCloseTo(1 + 12.706 * Math.sqrt(6) / 19, within(1e-3));
        assertThat(run(3, 9, 8, 7, 6, 5, 4, 3, 2).uncertainty(9))
                .isLessThan(run(3, 9, 2, 8, 3, 7, 4, 6, 5).uncertainty(9));
        assertThat(run(5, 5).uncertainty(2)).as("one round tells nothing").isNaN();
    }

    @Test
    void errorsOfBothRunsCount() {
        FederatedRun sure = run(2, 2, 2);
        FederatedRun unsure = run(4, 4, 6, 4);
        assertThat(sure.around(7, sure, 9)).isEqualTo(new Interval(7, 7));
        assertThat(sure.around(7, unsure, 9).high()).isCloseTo(7 * unsure.uncertainty(9), within(1e-9));
        assertThat(unsure.around(7, unsure, 9).high()).isGreaterThan(7 * unsure.uncertainty(9));
    }

    /** All rounds of ours, which get cheaper, beside the first ten of the peer's. */
    @Test
    void intervalsHoldTheRatioWithNinetyFivePercent() {
        SplittableRandom random = new SplittableRandom(31);
        int rounds = 200;
        int trials = 4_000;
        double truth = (8 + (rounds - 1) * 2.0) / (4 + (rounds - 1) * 0.4);
        int held = 0;
        for (int trial = 0; trial < trials; trial++) {
            double[] ours = new double[rounds];
            Arrays.setAll(
                    ours, round -> (round == 0 ? 4 : 0.5 - 0.2 * (round - 1) / 198) + 0.04 * random.nextGaussian());
            double[] theirs = new double[10];
            Arrays.setAll(theirs, round -> (round == 0 ? 8 : 2) + 0.1 * random.nextGaussian());
            FederatedRun run = run(ours);
            FederatedRun peer = run(theirs);
            double ratio = peer.totalSeconds(rounds) / run.totalSeconds(rounds);
            Interval interval = run.around(ratio, peer, rounds);
            held += interval.low() <= truth && truth <= interval.high() ? 1 : 0;
        }
        assertThat((double) held / trials).isGreaterThan(0.95 - 4 * Math.sqrt(0.95 * 0.05 / trials));
    }
}
