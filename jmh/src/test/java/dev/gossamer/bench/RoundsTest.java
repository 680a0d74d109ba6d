package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.bench.Rounds.Plan;
import dev.gossamer.bench.Rounds.Score;
import dev.gossamer.bench.results.Measured.Interval;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
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
        double[][] drifting = {{10, 20, 30, 40, 50, 60}, {20, 40, 60, 80, 100, 120}};
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

    /** By exact binomials, and as narrow as order statistics can be. */
    @Test
    void intervalsHoldTheMedianWithNinetyFivePercent() {
        for (int count = 1; count <= 200; count++) {
            Interval interval =
                    Rounds.interval(IntStream.range(0, count).asDoubleStream().toArray());
            if (count < 6) {
                assertThat(coverage(count, 0))
                        .as("least and largest of %d", count)
                        .isLessThan(0.95);
                assertThat(interval).as("%d rounds", count).isEqualTo(Interval.UNKNOWN);
            } else {
                int outside = (int) interval.low();
                assertThat(interval.high()).isEqualTo(count - 1.0 - outside);
                assertThat(coverage(count, outside)).as("%d rounds", count).isGreaterThanOrEqualTo(0.95);
                assertThat(coverage(count, outside + 1)).as("%d rounds", count).isLessThan(0.95);
            }
        }
        assertThat(Rounds.interval(new double[5_000]).known())
                .as("2^-5000 is no double")
                .isTrue();
    }

    /** How often the median lies between two order statistics with so many values outside on either side. */
    private static double coverage(int count, int outside) {
        BigInteger choose = BigInteger.ONE;
        BigInteger tail = BigInteger.ZERO;
        for (int k = 0; k <= outside; k++) {
            tail = tail.add(choose);
            choose = choose.multiply(BigInteger.valueOf(count - k)).divide(BigInteger.valueOf(k + 1L));
        }
        return 1
                - new BigDecimal(tail.shiftLeft(1))
                        .divide(new BigDecimal(BigInteger.ONE.shiftLeft(count)), MathContext.DECIMAL64)
                        .doubleValue();
    }

    /** Slices of two contenders on a busy machine: times with a long tail, one twice the other in truth. */
    @Test
    void intervalsOfFewSkewedRoundsHoldTheRatio() {
        SplittableRandom random = new SplittableRandom(29);
        int trials = 20_000;
        for (int rounds : new int[] {6, 7, 15, 21}) {
            int held = 0;
            for (int trial = 0; trial < trials; trial++) {
                double[][] nanos = new double[2][rounds];
                Arrays.setAll(nanos[0], round -> Math.exp(random.nextExponential()));
                Arrays.setAll(nanos[1], round -> 2 * Math.exp(random.nextExponential()));
                Interval interval =
                        Rounds.score(List.of("peer"), nanos).all().getFirst().interval();
                held += interval.low() <= 2 && 2 <= interval.high() ? 1 : 0;
            }
            double fourDeviations = 4 * Math.sqrt(0.95 * 0.05 / trials);
            assertThat((double) held / trials).as("%d rounds", rounds).isGreaterThan(0.95 - fourDeviations);
        }
    }

    @Test
    void aMeanOverACellWithoutIntervalHasNone() {
        assertThat(Rounds.around(3, List.of(new Interval(1, 2), Interval.UNKNOWN))
                        .known())
                .isFalse();
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
