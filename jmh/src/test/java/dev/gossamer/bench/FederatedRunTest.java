package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.bench.results.Measured.Interval;
import org.junit.jupiter.api.Test;

class FederatedRunTest {

    private static FederatedRun run(double... seconds) {
        return new FederatedRun(seconds, new double[] {0.1, 0.2, 0.6}, new long[seconds.length]);
    }

    @Test
    void meansAreOverRounds() {
        FederatedRun run = run(1, 2, 6);
        assertThat(run.meanSeconds()).isEqualTo(3);
        assertThat(run.accuracyAt(3)).isCloseTo(0.3, within(1e-12));
        assertThat(run.accuracyAt(1)).isEqualTo(0.1);
    }

    /** A trend counts as little as it moves from round to round; what jumps counts. */
    @Test
    void scatterIsThatOfNeighbours() {
        assertThat(run(2, 2, 2).uncertainty()).isEqualTo(1);
        // Differences 2 and -2: half their mean square is 2; over three rounds the mean's deviation is the root of 2/3.
        assertThat(run(4, 6, 4).uncertainty()).isCloseTo(1 + 1.96 * Math.sqrt(2.0 / 3) / (14.0 / 3), within(1e-12));
        assertThat(run(9, 8, 7, 6, 5, 4, 3, 2).uncertainty())
                .isLessThan(run(9, 2, 8, 3, 7, 4, 6, 5).uncertainty());
        assertThat(run(5).uncertainty()).as("one round tells nothing").isNaN();
    }

    @Test
    void errorsOfBothRunsCount() {
        FederatedRun sure = run(2, 2, 2);
        FederatedRun unsure = run(4, 6, 4);
        assertThat(sure.around(7, sure)).isEqualTo(new Interval(7, 7));
        assertThat(sure.around(7, unsure).high()).isCloseTo(7 * unsure.uncertainty(), within(1e-9));
        assertThat(unsure.around(7, unsure).high()).isGreaterThan(7 * unsure.uncertainty());
    }
}
