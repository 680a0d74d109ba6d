package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A weight of two numbers and a statistic of one: two gradients, then three parameters. */
class TensorErrorsTest {

    private static final ModelState INITIAL = new ModelState(List.of(
            TensorState.dense("w", new int[] {1, 2}, new float[] {1, 2}),
            TensorState.dense("mean", new int[] {1}, new float[] {0})));

    private static final double[] EXACT = {3, 4, 1, 2.5, 0.1};

    private static LossProblem.Run run(double... left) {
        return new LossProblem.Run(new double[] {1}, left);
    }

    private static void add(TensorErrors errors, double[] ours, double[] theirs, double[] unfolded) {
        errors.add(Set.of("w"), INITIAL, run(ours), run(theirs), run(unfolded), run(EXACT));
    }

    private static double[] offBy(int at, double difference) {
        double[] run = EXACT.clone();
        run[at] += difference;
        return run;
    }

    @Test
    void errorsAreNormsOfDifferencesOverNorms() {
        TensorErrors errors = new TensorErrors();
        add(errors, offBy(1, 5e-4), offBy(0, 1e-4), offBy(3, 0.05));
        assertThat(errors.rows())
                .extracting(TensorErrors.Row::name)
                .containsExactly("gradient of w", "change of w", "change of mean");
        TensorErrors.Row gradient = errors.rows().get(0);
        assertThat(gradient.norm()).isEqualTo(5);
        assertThat(gradient.ours()).isCloseTo(1e-4, within(1e-12));
        assertThat(gradient.theirs()).isCloseTo(2e-5, within(1e-12));
        assertThat(gradient.unfolded()).isZero();
        TensorErrors.Row change = errors.rows().get(1);
        assertThat(change.norm()).as("of what was added, not of the weight").isEqualTo(0.5);
        assertThat(change.unfolded()).isCloseTo(0.1, within(1e-12));
        assertThat(errors.rows().get(2).ratio()).as("of nothing to nothing").isEqualTo(1);
    }

    @Test
    void aTensorIsOffByMoreThanFourTimesTheWorseOfPyTorchs() {
        TensorErrors good = new TensorErrors();
        add(good, offBy(2, 3.9e-3), offBy(2, 1e-4), offBy(2, 1e-3));
        assertThat(good.agree()).isTrue();
        TensorErrors bad = new TensorErrors();
        add(bad, offBy(2, 4.1e-3), offBy(2, 1e-4), offBy(2, 1e-3));
        assertThat(bad.agree()).isFalse();
        assertThat(bad.verdict())
                .isEqualTo(
                        "The tensors differ: 1 seeds; nearest to its limit is the change of w with 8.2e-03, allowed 8.0e-03.");
        assertThat(bad.table()).contains("| change of w | 5.0e-01 | 8.2e-03 | 2.0e-04 | 2.0e-03 | 4.10 |");
    }

    @Test
    void oneSwitchedUnitInThreeSeedsIsNotJudged() {
        TensorErrors errors = new TensorErrors();
        add(errors, offBy(0, 1), offBy(0, 1e-5), EXACT);
        add(errors, offBy(0, 2e-5), offBy(0, 1), EXACT);
        assertThat(errors.agree()).isTrue();
        add(errors, offBy(0, 2e-5), offBy(0, 1e-5), EXACT);
        assertThat(errors.agree()).isTrue();
        assertThat(errors.rows().get(0).ours()).isCloseTo(4e-6, within(1e-12));
        assertThat(errors.rows().get(0).theirs()).isCloseTo(2e-6, within(1e-12));
    }

    @Test
    void whatIsNoNumberIsOff() {
        TensorErrors errors = new TensorErrors();
        add(errors, offBy(4, Double.NaN), EXACT, EXACT);
        assertThat(errors.agree()).isFalse();
    }

    @Test
    void runsOfOtherLengthsAreRefused() {
        assertThatThrownBy(() -> add(new TensorErrors(), EXACT, EXACT, new double[6]))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("got 6 numbers, want 5");
    }
}
