package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PruningScheduleTest {

    @ParameterizedTest
    @CsvSource({
        "1, 0.0",
        "2, 0.0135",
        "5, 0.0532",
        "10, 0.1167",
        "25, 0.2879",
        "50, 0.5146",
        "100, 0.7858",
        "150, 0.8857",
        "190, 0.8999",
        "200, 0.9"
    })
    void followsThePublishedCurve(int round, double sparsity) {
        // The published values have four digits.
        assertThat(PruningSchedule.cubic(0.9, 200).sparsityAt(round)).isCloseTo(sparsity, within(5e-5));
    }

    @ParameterizedTest
    @CsvSource({"0.8, 0.4010", "0.9, 0.3261", "0.95, 0.2887", "0.99, 0.2587"})
    void meanDensityOverTwoHundredRounds(double finalSparsity, double meanDensity) {
        PruningSchedule schedule = PruningSchedule.cubic(finalSparsity, 200);
        double mean = IntStream.rangeClosed(1, 200)
                .mapToDouble(round -> 1 - schedule.sparsityAt(round))
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(meanDensity, within(5e-5));
    }

    @Test
    void endsExactlyWhereAskedAndNeverFalls() {
        for (int rounds : new int[] {1, 2, 3, 7, 20, 200}) {
            for (int frequency = 1; frequency <= Math.min(rounds, 6); frequency++) {
                PruningSchedule schedule = new PruningSchedule(0.9, 0.1, 1, rounds, frequency, 3);
                assertThat(schedule.sparsityAt(rounds)).isEqualTo(0.9);
                assertThat(schedule.sparsityAt(rounds + 5)).isEqualTo(0.9);
                for (int round = 1; round <= rounds; round++) {
                    assertThat(schedule.sparsityAt(round)).isGreaterThanOrEqualTo(schedule.sparsityAt(round - 1));
                }
            }
        }
    }

    @Test
    void startsExactlyAtTheInitialSparsity() {
        PruningSchedule schedule = new PruningSchedule(0.9, 0.25, 10, 100, 1, 3);
        assertThat(schedule.sparsityAt(9)).isZero();
        assertThat(schedule.sparsityAt(10)).isEqualTo(0.25);
    }

    @Test
    void changesOnlyEveryFRounds() {
        PruningSchedule schedule = new PruningSchedule(0.9, 0, 1, 100, 5, 3);
        // Rounds 1 to 4 are pruning round 0, before the start: the formula is negative there, nothing is pruned.
        assertThat(schedule.sparsityAt(4)).isZero();
        for (int round = 5; round < 95; round += 5) {
            double sparsity = schedule.sparsityAt(round);
            assertThat(schedule.sparsityAt(round + 4)).isEqualTo(sparsity);
            assertThat(schedule.sparsityAt(round + 5)).isGreaterThan(sparsity);
        }
    }

    @Test
    void aLargerExponentPrunesEarlier() {
        PruningSchedule linear = new PruningSchedule(0.9, 0, 1, 101, 1, 1);
        PruningSchedule cubic = new PruningSchedule(0.9, 0, 1, 101, 1, 3);
        assertThat(linear.sparsityAt(51)).isCloseTo(0.45, within(1e-12));
        assertThat(cubic.sparsityAt(51)).isCloseTo(0.9 * (1 - 0.125), within(1e-12));
    }

    @Test
    void keptAndPrunedAddUp() {
        PruningSchedule schedule = PruningSchedule.cubic(0.9, 200);
        assertThat(schedule.keptAt(200, 118_282)).isEqualTo(11_829);
        assertThat(schedule.keptAt(1, 118_282)).isEqualTo(118_282);
        assertThat(schedule.keptAt(37, 1000) + schedule.prunedAt(37, 1000)).isEqualTo(1000);
        assertThat(PruningSchedule.cubic(1, 2).keptAt(2, 17)).isZero();
    }

    @Test
    void refusalsNameTheFieldAndItsRange() {
        refused(() -> new PruningSchedule(1.5, 0, 1, 10, 1, 3), "finalSparsity is 1.5", "between 0 and 1");
        refused(() -> new PruningSchedule(Double.NaN, 0, 1, 10, 1, 3), "finalSparsity is NaN", "between 0 and 1");
        refused(() -> new PruningSchedule(0.5, 0.6, 1, 10, 1, 3), "initialSparsity is 0.6", "finalSparsity (0.5)");
        refused(() -> new PruningSchedule(0.5, -0.1, 1, 10, 1, 3), "initialSparsity is -0.1", "between 0");
        refused(() -> new PruningSchedule(0.5, 0, 0, 10, 1, 3), "startRound is 0", "rounds (10)");
        refused(() -> new PruningSchedule(0.5, 0, 11, 10, 1, 3), "startRound is 11", "rounds (10)");
        refused(() -> new PruningSchedule(0.5, 0, 1, 0, 1, 3), "rounds is 0", "at least 1");
        refused(() -> new PruningSchedule(0.5, 0, 1, 10, 0, 3), "frequency is 0", "rounds (10)");
        refused(() -> new PruningSchedule(0.5, 0, 1, 10, 1, 0), "exponent is 0", "above 0");
        refused(() -> PruningSchedule.cubic(0.5, 10).sparsityAt(-1), "round is -1", "counted from 1");
    }

    private static void refused(Runnable action, String... parts) {
        assertThatIllegalArgumentException()
                .isThrownBy(action::run)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
