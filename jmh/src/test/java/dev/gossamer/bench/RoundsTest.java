package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.bench.Rounds.Plan;
import dev.gossamer.bench.Rounds.Score;
import dev.gossamer.bench.results.Measured.Interval;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RoundsTest {

    /** Says how long it took, and keeps count. */
    private static final class Scripted implements Contender {

        private final double nanos;
        private int runs;

        Scripted(double nanos) {
            this.nanos = nanos;
        }

        @Override
        public void run() {
            runs++;
        }

        @Override
        public double nanos(int count) {
            runs += count;
            return nanos;
        }

        @Override
        public float[] result() {
            return new float[0];
        }

        @Override
        public void close() {}
    }

    @Test
    void bestPeerIsTheFastest() {
        double[][] nanos = {{10, 10, 10}, {30, 31, 29}, {20, 22, 21}};
        Score score = Rounds.score(List.of("slow", "fast"), nanos);
        Rounds.Versus versus = Objects.requireNonNull(score.versus());
        assertThat(score.nanos()).isEqualTo(10);
        assertThat(versus.peer()).isEqualTo("fast");
        assertThat(versus.nanos()).isEqualTo(21);
        assertThat(versus.ratio()).isCloseTo(2.1, within(1e-12));
    }

    @Test
    void ratioIsTheMedianOfRoundsAndNotTheRatioOfMedians() {
        double[][] nanos = {{10, 20, 40}, {40, 40, 40}};
        Rounds.Versus versus =
                Objects.requireNonNull(Rounds.score(List.of("peer"), nanos).versus());
        assertThat(versus.ratio()).isEqualTo(2);
        double[][] drifting = {{10, 20, 30}, {20, 40, 60}};
        assertThat(Objects.requireNonNull(
                                Rounds.score(List.of("peer"), drifting).versus())
                        .interval())
                .isEqualTo(new Interval(2, 2));
    }

    @Test
    void everyPeerHasItsRatio() {
        Score score = Rounds.score(List.of("slow", "fast"), new double[][] {{10}, {30}, {20}});
        assertThat(score.all()).extracting(Rounds.Versus::peer).containsExactly("fast", "slow");
        assertThat(Objects.requireNonNull(score.against("slow").versus()).ratio())
                .isEqualTo(3);
        assertThat(score.against("absent").versus()).isNull();
    }

    /** Errors of n numbers that have nothing to do with each other: their mean's is smaller by the root of n. */
    @Test
    void intervalOfAMeanIsNarrowerThanItsParts() {
        Interval one = new Interval(Math.exp(-0.1), Math.exp(0.1));
        Interval mean = Rounds.around(3, List.of(one, one, one, one));
        assertThat(mean.low()).isCloseTo(3 * Math.exp(-0.05), within(1e-12));
        assertThat(mean.high()).isCloseTo(3 * Math.exp(0.05), within(1e-12));
    }

    @Test
    void withoutPeersThereIsNoRatio() {
        assertThat(Rounds.score(List.of(), new double[][] {{3, 1, 2}}).versus()).isNull();
    }

    @Test
    void slicesHoldAsManyRunsAsFit() {
        Scripted ours = new Scripted(100);
        Scripted peer = new Scripted(1e9);
        Map<String, Contender> peers = new LinkedHashMap<>(Map.of("peer", peer));
        new Rounds(new Plan(7, 1000, 0, 0)).measure("kind", ours, peers);
        assertThat(ours.runs)
                .as("to warm up, in slices, and one before each slice but the first")
                .isGreaterThanOrEqualTo(20 + 7 * 10 + 6);
        assertThat(peer.runs).as("a run longer than a slice is a slice").isLessThan(7 + 10);
    }

    @Test
    void medianAndIntervalAreOrderStatistics() {
        double[] values = new double[41];
        for (int i = 0; i < values.length; i++) {
            values[i] = (17 * i) % 41;
        }
        assertThat(Rounds.median(values)).isEqualTo(20);
        assertThat(Rounds.interval(values)).isEqualTo(new Interval(13, 27));
        assertThat(Rounds.median(new double[] {4, 1, 2, 3})).isEqualTo(2.5);
        assertThat(Rounds.geomean(List.of(1.0, 4.0))).isCloseTo(2, within(1e-12));
    }
}
