package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.codec.TensorState;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MomentumDensitiesTest {

    @Test
    void keepsInProportionToMomentum() {
        // 200 of 1000 weights; shares 1/4, 1/2, 1/4.
        assertThat(MomentumDensities.keep(new double[] {1, 2, 1}, new long[] {300, 300, 400}, 0.2))
                .containsExactly(50, 100, 50);
    }

    @Test
    void roundsUp() {
        assertThat(MomentumDensities.keep(new double[] {1, 2}, new long[] {50, 50}, 0.1))
                .containsExactly(4, 7);
    }

    /** The first layer would get 150 of its 100; the 50 over go to the two others, 25 each. */
    @Test
    void whatALayerCannotTakeIsSpreadEvenly() {
        assertThat(MomentumDensities.keep(new double[] {3, 0.5, 0.5}, new long[] {100, 450, 450}, 0.2))
                .containsExactly(100, 50, 50);
    }

    /** The second fills up by what the first leaves over. */
    @Test
    void fillsLayerAfterLayer() {
        long[] keep = MomentumDensities.keep(new double[] {8, 1, 1}, new long[] {100, 60, 840}, 0.4);
        // 320, 40, 40: 220 over, 110 each: 150 and 150; the second leaves 90.
        assertThat(keep).containsExactly(100, 60, 240);
    }

    @Test
    void startsFromTheSizesWithoutMomentum() {
        assertThat(MomentumDensities.keep(new double[2], new long[] {100, 300}, 0.1))
                .containsExactly(10, 30);
    }

    @Test
    void neverKeepsMoreThanThereIs() {
        assertThat(MomentumDensities.keep(new double[] {1, 1e9}, new long[] {10, 10}, 1))
                .containsExactly(10, 10);
        long[] keep = MomentumDensities.keep(new double[] {5, 1, 0}, new long[] {7, 1000, 13}, 0.3);
        assertThat(Arrays.stream(keep).sum()).isBetween(306L, 309L);
    }

    /** The largest weights are those at 1, 4 and, before its equal at 5, at 2. */
    @Test
    void onlyActiveWeightsCount() {
        TensorState weights = TensorState.dense("w", new int[] {2, 3}, new float[] {0.1f, -3, 2, 0, 5, -2});
        TensorState momentum = TensorState.dense("w", new int[] {2, 3}, new float[] {100, -1, 0.5f, 100, 0.25f, 100});
        assertThat(MomentumDensities.meanMagnitude(weights, momentum, 3)).isEqualTo(1.75 / 3);
        assertThat(MomentumDensities.meanMagnitude(weights, momentum, 6)).isEqualTo(301.75 / 6);
        assertThat(MomentumDensities.meanMagnitude(weights, momentum, 0)).isZero();
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() ->
                        MomentumDensities.keep(new double[] {1, Double.POSITIVE_INFINITY}, new long[] {10, 10}, 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("diverges");
        assertThatThrownBy(() -> MomentumDensities.keep(new double[2], new long[3], 0.1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MomentumDensities.keep(new double[2], new long[2], 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
