package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ErdosRenyiKernelTest {

    private static final Offset<Double> CLOSE = Offset.offset(1e-15);

    @Test
    void smallLayersAreDenser() {
        assertThat(ErdosRenyiKernel.rawDensity(64, 3, 3, 3)).isEqualTo(73.0 / 1728, CLOSE);
        assertThat(ErdosRenyiKernel.rawDensity(10, 512)).isEqualTo(522.0 / 5120, CLOSE);
        assertThat(ErdosRenyiKernel.rawDensity(1, 1))
                .as("more than a layer can be")
                .isEqualTo(2, CLOSE);
    }

    /**
     * Two layers by hand. 20 x 5: 100 weights, raw sparsity 1 − 25/100 = 3/4. 10 x 10: 100 weights, raw 1 − 20/100 = 4/5.
     * At S = 0.62 the scale is 0.62·200/155 = 0.8, so 0.6 and 0.64.
     */
    @Test
    void scalesRawSparsities() {
        List<int[]> shapes = List.of(new int[] {20, 5}, new int[] {10, 10});

        assertThat(ErdosRenyiKernel.keptByScaledSparsity(shapes, 0.62)).containsExactly(40, 36);
        assertThat(ErdosRenyiKernel.keptByScaledSparsity(shapes, 0)).containsExactly(100, 100);
    }

    @Test
    void keepsWhatIsAskedForUpToOneWeightPerLayer() {
        List<int[]> shapes = List.of(
                new int[] {64, 3, 3, 3}, new int[] {128, 64, 3, 3}, new int[] {128, 64, 1, 1}, new int[] {10, 128});
        long entries = 64 * 27 + 128 * 64 * 9 + 128 * 64 + 1280;
        for (double sparsity : new double[] {0.1, 0.5, 0.8, 0.95}) {
            long kept = 0;
            for (long layer : ErdosRenyiKernel.keptByScaledSparsity(shapes, sparsity)) {
                kept += layer;
            }
            double wanted = (1 - sparsity) * entries;
            assertThat((double) kept).isBetween(wanted - shapes.size() - 1e-6, wanted + 1e-6);
        }
    }

    @Test
    void refusesWhatNoDistributionGives() {
        List<int[]> shapes = List.of(new int[] {2, 2}, new int[] {100, 100});

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErdosRenyiKernel.keptByScaledSparsity(shapes, 0.9999))
                .withMessageContaining("[100, 100]");
        assertThatIllegalArgumentException().isThrownBy(() -> ErdosRenyiKernel.keptByScaledSparsity(shapes, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ErdosRenyiKernel.keptByScaledSparsity(shapes, Double.NaN));
    }
}
