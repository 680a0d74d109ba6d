package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LossCurvesTest {

    private static final double[] EXACT = {2, 1, 0.5, 0.5};

    /** PyTorch's float32 that is this far from float64, and ours that is so far from it, relative. */
    private static LossCurves curves(double[] rounding, double[] difference) {
        double[] theirs = new double[EXACT.length];
        double[] ours = new double[EXACT.length];
        for (int step = 0; step < EXACT.length; step++) {
            theirs[step] = EXACT[step] * (1 + rounding[step]);
            ours[step] = theirs[step] * (1 - difference[step]);
        }
        return new LossCurves(ours, theirs, EXACT);
    }

    @Test
    void roundingSoFarTellsWhatIsAllowed() {
        LossCurves curves = curves(new double[] {0, 1e-5, 1e-6, 1e-2}, new double[] {1e-6, 9e-5, 9e-5, 9e-3});
        assertThat(curves.allowed(0)).isEqualTo(LossCurves.FLOOR);
        assertThat(curves.allowed(1)).isCloseTo(1e-4, within(1e-9));
        assertThat(curves.allowed(2)).isEqualTo(curves.allowed(1));
        assertThat(curves.allowed(3)).isInfinite();
        assertThat(curves.judged()).isEqualTo(3);
        assertThat(curves.firstOff()).isEqualTo(-1);
        assertThat(curves.verdict())
                .startsWith("The curves agree: 3 of 4 steps judged, largest difference 9.0e-05.")
                .endsWith(", PyTorch f64 1.0000.");
    }

    @Test
    void theFirstStepThatIsTooFarOffIsNamed() {
        double[] rounding = {0, 1e-5, 1e-6, 1e-2};
        assertThat(curves(rounding, new double[] {0, 0, 2e-4, 2e-2}).verdict())
                .startsWith("The curves differ: step 3 by 2.0e-04, allowed 1.0e-04.");
        assertThat(curves(rounding, new double[] {3e-6, 0, 0, 0}).firstOff()).isZero();
        assertThat(curves(rounding, new double[] {0, 0, 0, 2e-2}).firstOff())
                .as("no longer judged")
                .isEqualTo(-1);
    }

    @Test
    void whatIsNoNumberIsOff() {
        assertThat(new LossCurves(new double[] {Double.NaN}, new double[] {1}, new double[] {1}).firstOff())
                .isZero();
        assertThat(new LossCurves(new double[] {1}, new double[] {Double.NaN}, new double[] {1}).firstOff())
                .isZero();
        assertThat(new LossCurves(new double[] {1, Double.NaN}, new double[] {1, 1}, new double[] {2, 2}).firstOff())
                .as("judged or not")
                .isEqualTo(1);
        assertThat(new LossCurves(new double[] {1}, new double[] {1}, new double[] {Double.NaN}).firstOff())
                .isZero();
    }

    @Test
    void theTableHasTheFirstStepAndEveryFew() {
        String table = curves(new double[] {0, 0, 0, 2e-3}, new double[] {0, 0, 0, 1e-3})
                .table(2);
        assertThat(table.lines().skip(2))
                .containsExactly(
                        "| 1 | 2.0000000 | 2.0000000 | 2.0000000 | 0.0e+00 | 0.0e+00 | 2.0e-06 |",
                        "| 2 | 1.0000000 | 1.0000000 | 1.0000000 | 0.0e+00 | 0.0e+00 | 2.0e-06 |",
                        "| 4 | 0.5004990 | 0.5010000 | 0.5000000 | 1.0e-03 | 2.0e-03 | - |");
    }
}
