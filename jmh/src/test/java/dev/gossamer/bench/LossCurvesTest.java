package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LossCurvesTest {

    private static final double[] EXACT = {2, 1, 0.5, 0.5};
    private static final double[] NONE = new double[EXACT.length];

    /** Runs that are this far from float64, relative. */
    private static LossCurves curves(double[] ours, double[] theirs, double[] unfolded) {
        return new LossCurves(off(ours, -1), off(theirs, 1), off(unfolded, 1), EXACT);
    }

    private static double[] off(double[] by, int sign) {
        double[] run = new double[EXACT.length];
        Arrays.setAll(run, step -> EXACT[step] * (1 + sign * by[step]));
        return run;
    }

    @Test
    void theWorseOfPyTorchsRoundingsSoFarTellsWhatIsAllowed() {
        LossCurves curves = curves(
                new double[] {1e-6, 9e-5, 9e-5, 9e-3}, new double[] {0, 1e-6, 0, 1e-2}, new double[] {0, 1e-5, 1e-6, 0
                });
        assertThat(curves.allowed(0)).isEqualTo(LossCurves.FLOOR);
        assertThat(curves.allowed(1)).isCloseTo(1e-4, within(1e-9));
        assertThat(curves.allowed(2)).isEqualTo(curves.allowed(1));
        assertThat(curves.allowed(3)).isInfinite();
        assertThat(curves.judged()).isEqualTo(3);
        assertThat(curves.agree()).isTrue();
        assertThat(curves.verdict())
                .startsWith(
                        "The curves agree: 3 of 4 steps judged one by one; over all steps 4.5e-03, allowed 1.0e-02");
    }

    @Test
    void theFirstStepThatIsTooFarOffIsNamed() {
        double[] rounding = {0, 1e-5, 1e-6, 1e-2};
        LossCurves curves = curves(new double[] {0, 0, 2e-4, 2e-2}, rounding, NONE);
        assertThat(curves.verdict()).startsWith("The curves differ: step 3 by 2.0e-04, allowed 1.0e-04.");
        assertThat(curves.agree()).isFalse();
        assertThat(curves(new double[] {3e-6, 0, 0, 0}, rounding, NONE).firstOff())
                .isZero();
    }

    /** Where steps are no longer judged one by one. */
    @Test
    void programsThatPartedMustNotBeFurtherApartThanPyTorchsOwn() {
        double[] rounding = {0, 2e-2, 2e-2, 2e-2};
        assertThat(curves(new double[] {0, 0, 5e-2, 3e-2}, NONE, rounding).agree())
                .isTrue();
        LossCurves far = curves(new double[] {0, 5e-2, 4e-2, 4e-2}, NONE, rounding);
        assertThat(far.firstOff()).isEqualTo(-1);
        assertThat(far.agree()).isFalse();
        assertThat(far.verdict())
                .startsWith(
                        "The curves differ: 1 of 4 steps judged one by one; over all steps 3.8e-02, allowed 3.5e-02.");
    }

    @Test
    void whatIsNoNumberIsOff() {
        double[] one = {1};
        double[] nan = {Double.NaN};
        assertThat(new LossCurves(nan, one, one, one).firstOff()).isZero();
        assertThat(new LossCurves(one, nan, one, one).firstOff()).isZero();
        assertThat(new LossCurves(one, one, nan, one).firstOff()).isZero();
        assertThat(new LossCurves(one, one, one, nan).firstOff()).isZero();
        double[] late = {1, Double.NaN};
        double[] fine = {1, 1};
        assertThat(new LossCurves(late, new double[] {2, 2}, fine, fine).firstOff())
                .as("judged or not")
                .isEqualTo(1);
    }

    @Test
    void theTableHasTheFirstStepAndEveryFew() {
        LossCurves curves = curves(new double[] {0, 0, 0, 1e-3}, new double[] {0, 0, 0, 2e-3}, NONE);
        assertThat(curves.steps(2).lines().skip(2))
                .containsExactly(
                        "| 1 | 2.0000000 | 2.0000000 | 2.0000000 | 2.0000000 | 0.0e+00 | 0.0e+00 | 0.0e+00 | 2.0e-06 |",
                        "| 2 | 1.0000000 | 1.0000000 | 1.0000000 | 1.0000000 | 0.0e+00 | 0.0e+00 | 0.0e+00 | 2.0e-06 |",
                        "| 4 | 0.4995000 | 0.5010000 | 0.5000000 | 0.5000000 | 1.0e-03 | 2.0e-03 | 0.0e+00 | - |");
    }

    @Test
    void theSummaryIsOverAllSteps() {
        LossCurves curves = curves(new double[] {0, 0, 3e-2, 5e-2}, new double[] {0, 0, 0, 2e-2}, NONE);
        assertThat(curves.summary().lines().skip(2))
                .containsExactly(
                        "| mean loss | 0.9900 | 1.0025 | 1.0000 | 1.0000 |",
                        "| difference, root of the mean square | 2.9e-02 | 1.0e-02 | 0.0e+00 | |",
                        "| difference, mean | 2.0e-02 | 5.0e-03 | 0.0e+00 | |",
                        "| difference, largest | 5.0e-02 | 2.0e-02 | 0.0e+00 | |",
                        "| difference of means over 10 steps, largest | 1.0e-02 | 2.5e-03 | 0.0e+00 | |");
    }
}
