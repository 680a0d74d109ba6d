package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnipSaliencyTest {

    /**
     * A linear net {@code f(x) = W·x + b} under {@code L = ½·|f(x) − y|²}: the gradients are {@code (f − y)·xᵀ} and
     * {@code f − y}. With x = (1, −2, 3), W as below and y = 0, f = W·x + b = (−1, 2.5).
     */
    private static final ModelState MODEL = new ModelState(List.of(
            TensorState.dense("w", new int[] {2, 3}, new float[] {1, 1, 0, 0.5f, 0, 1}),
            TensorState.dense("b", new int[] {2}, new float[] {0, -1})));

    private static final ModelState GRADIENT = new ModelState(List.of(
            TensorState.dense("w", new int[] {2, 3}, new float[] {-1, 2, -3, 2.5f, -5, 7.5f}),
            TensorState.dense("b", new int[] {2}, new float[] {-1, 2.5f})));

    /** {@code |w·g|} is 1, 2, 0, 1.25, 0, 7.5 and 0, 2.5. */
    @Test
    void keepsTheLargestProductsOfALinearNet() {
        ModelState three = SnipSaliency.prune(MODEL, GRADIENT, tensor -> true, 3);
        assertThat(three.tensor("w").toDense()).containsExactly(0, 1, 0, 0, 0, 1);
        assertThat(three.tensor("b").toDense()).containsExactly(0, -1);

        ModelState five = SnipSaliency.prune(MODEL, GRADIENT, tensor -> true, 5);
        assertThat(five.tensor("w").toDense()).containsExactly(1, 1, 0, 0.5f, 0, 1);
        assertThat(SnipSaliency.prune(MODEL, GRADIENT, tensor -> true, 6)
                        .tensor("w")
                        .pattern()
                        .contains(0, 2))
                .as("of equals the lower index stays")
                .isTrue();
    }

    @Test
    void leavesOutWhatIsNotPrunable() {
        ModelState pruned =
                SnipSaliency.prune(MODEL, GRADIENT, tensor -> tensor.name().equals("w"), 1);

        assertThat(pruned.tensor("w").toDense()).containsExactly(0, 0, 0, 0, 0, 1);
        assertThat(pruned.tensor("b")).isEqualTo(MODEL.tensor("b"));
    }

    /** Products near the smallest f32 number keep their order. */
    @Test
    void scaleDoesNotMatter() {
        ModelState tiny =
                new ModelState(List.of(TensorState.dense("w", new int[] {1, 3}, new float[] {3e-30f, 2e-30f, 4e-30f})));
        ModelState gradient = new ModelState(
                List.of(TensorState.dense("w", new int[] {1, 3}, new float[] {1e-20f, 1e-20f, -1e-20f})));

        assertThat(SnipSaliency.prune(tiny, gradient, tensor -> true, 1)
                        .tensor("w")
                        .toDense())
                .containsExactly(0, 0, 4e-30f);
    }

    @Test
    void takesTheGradientAtTheEntriesOfAPattern() {
        TensorState sparse = MODEL.tensor("w")
                .with(SparsityPattern.fromFlatIndices(2, 3, new int[] {0, 3, 5}), new float[] {1, 4, 0.1f});

        ModelState pruned = SnipSaliency.prune(new ModelState(List.of(sparse)), GRADIENT, tensor -> true, 2);

        assertThat(pruned.tensor("w").toDense()).containsExactly(1, 0, 0, 4, 0, 0);
    }

    @Test
    void countsByRounding() {
        assertThat(SnipSaliency.kept(118_282, 0.9)).isEqualTo(11_828);
        assertThat(SnipSaliency.kept(10, 0.95)).as("half a weight").isEqualTo(1);
        assertThat(SnipSaliency.kept(10, 1)).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> SnipSaliency.kept(10, 1.01));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SnipSaliency.prune(
                        MODEL,
                        new ModelState(List.of(
                                GRADIENT.tensor("w"),
                                TensorState.dense("b", new int[] {2}, new float[] {Float.NaN, 0}))),
                        tensor -> true,
                        1))
                .withMessageContaining("NaN");
    }
}
