package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.List;
import org.junit.jupiter.api.Test;

class MagnitudePruningTest {

    private static final ModelState MODEL = new ModelState(List.of(
            TensorState.dense("w", new int[] {2, 3}, new float[] {3, -1, 0.5f, -2, 1, 0}),
            TensorState.dense("b", new int[] {2}, new float[] {-1, 4})));

    @Test
    void onlyPrunableTensorsAreRankedAndCounted() {
        String first = MODEL.tensors().getFirst().name();

        ModelState pruned =
                MagnitudePruning.keepTop(MODEL, tensor -> tensor.name().equals(first), 1);

        assertThat(pruned.tensor(first).nnz()).isEqualTo(1);
        assertThat(pruned.tensors().subList(1, pruned.tensors().size()))
                .isEqualTo(MODEL.tensors().subList(1, MODEL.tensors().size()));
        assertThat(MagnitudePruning.keepTop(MODEL, tensor -> false, 0)).isSameAs(MODEL);
    }

    @Test
    void ranksAllTensorsTogether() {
        ModelState pruned = MagnitudePruning.keepTop(MODEL, 3);

        assertThat(pruned.nnz()).isEqualTo(3);
        assertThat(pruned.tensor("w").toDense()).containsExactly(3, 0, 0, -2, 0, 0);
        assertThat(pruned.tensor("b").toDense()).containsExactly(0, 4);
    }

    @Test
    void lowerIndexStaysAmongEquals() {
        // Magnitude 1 stands at w[1], w[4] and b[0].
        assertThat(MagnitudePruning.keepTop(MODEL, 4).tensor("w").toDense()).containsExactly(3, -1, 0, -2, 0, 0);
        ModelState five = MagnitudePruning.keepTop(MODEL, 5);
        assertThat(five.tensor("w").toDense()).containsExactly(3, -1, 0, -2, 1, 0);
        assertThat(five.tensor("b").toDense()).containsExactly(0, 4);
    }

    @Test
    void noMaskOfItsSizeTakesAwayLess() {
        // Every mask of every size over eight values.
        for (int keep = 0; keep <= 8; keep++) {
            double error = MagnitudePruning.error(MODEL, MagnitudePruning.keepTop(MODEL, keep));
            for (int mask = 0; mask < 1 << 8; mask++) {
                if (Integer.bitCount(mask) == keep) {
                    assertThat(error).isLessThanOrEqualTo(squaresOutside(mask));
                }
            }
        }
    }

    private static double squaresOutside(int mask) {
        double sum = 0;
        int element = 0;
        for (TensorState tensor : MODEL.tensors()) {
            for (float value : tensor.values()) {
                sum += (mask >> element++ & 1) == 0 ? (double) value * value : 0;
            }
        }
        return sum;
    }

    @Test
    void whatIsGoneStaysGoneAndStoredZerosCount() {
        ModelState seven = MagnitudePruning.keepTop(MODEL, 7);
        assertThat(seven.tensor("w").nnz()).as("the 0 at w[5] is the smallest").isEqualTo(5);

        TensorState revived = seven.tensor("w").with(seven.tensor("w").pattern(), new float[] {0, 0, 0, 0, 0});
        ModelState zeros = new ModelState(List.of(revived, seven.tensor("b")));
        ModelState six = MagnitudePruning.keepTop(zeros, 6);

        assertThat(six.nnz()).isEqualTo(6);
        assertThat(seven.tensor("w").pattern().containsAll(six.tensor("w").pattern()))
                .isTrue();
    }

    @Test
    void unchangedWhenNothingHasToGo() {
        assertThat(MagnitudePruning.keepTop(MODEL, 8)).isSameAs(MODEL);
        assertThat(MagnitudePruning.keepTop(MODEL, 100)).isSameAs(MODEL);
        assertThat(MagnitudePruning.keepTop(MODEL, 7).tensor("b").pattern())
                .as("a dense tensor that loses nothing stays dense")
                .isNull();
    }

    @Test
    void canPruneEverything() {
        assertThat(MagnitudePruning.keepTop(MODEL, 0).nnz()).isZero();
    }

    @Test
    void refusesNaNAndNegativeCounts() {
        ModelState broken = new ModelState(List.of(TensorState.dense("w", new int[] {2}, new float[] {1, Float.NaN})));

        assertThatThrownBy(() -> MagnitudePruning.keepTop(broken, 1)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> MagnitudePruning.keepTop(MODEL, -1)).hasMessageContaining("keep");
    }
}
