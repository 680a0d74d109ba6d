package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelStateTest {

    private static final SparsityPattern PATTERN = SparsityPattern.fromFlatIndices(2, 6, new int[] {1, 5, 8});
    private static final TensorState CONV =
            TensorState.sparse("conv", new int[] {2, 3, 2}, PATTERN, new float[] {1, 2, 3});
    private static final TensorState BIAS = TensorState.dense("bias", new int[] {4}, new float[] {9, 8, 7, 6});

    @Test
    void aTensorIsAMatrixOfItsFirstDimension() {
        assertThat(CONV.rows()).isEqualTo(2);
        assertThat(CONV.cols()).isEqualTo(6);
        assertThat(BIAS.rows()).isEqualTo(1);
        assertThat(BIAS.cols()).isEqualTo(4);
        TensorState scalar = TensorState.dense("s", new int[0], new float[] {1});
        assertThat(scalar.size()).isEqualTo(1);
        assertThat(scalar.rows() * scalar.cols()).isEqualTo(1);
    }

    @Test
    void countsElementsAndValues() {
        ModelState model = new ModelState(List.of(CONV, BIAS));
        assertThat(model.size()).isEqualTo(12 + 4);
        assertThat(model.nnz()).isEqualTo(3 + 4);
        assertThat(model.tensor("bias")).isSameAs(BIAS);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> model.tensor("fc"))
                .withMessageContaining("'fc'")
                .withMessageContaining("[conv, bias]");
    }

    @Test
    void denseFormHasZerosWhereThePatternLacksEntries() {
        assertThat(CONV.toDense()).containsExactly(0, 1, 0, 0, 0, 2, 0, 0, 3, 0, 0, 0);
        assertThat(BIAS.toDense()).containsExactly(9, 8, 7, 6).isNotSameAs(BIAS.values());
    }

    @Test
    void equalityIsByContentAndBits() {
        assertThat(CONV).isEqualTo(CONV.with(PATTERN, new float[] {1, 2, 3})).isNotEqualTo(BIAS);
        assertThat(CONV.hashCode())
                .isEqualTo(CONV.with(PATTERN, new float[] {1, 2, 3}).hashCode());
        assertThat(CONV).isNotEqualTo(CONV.with(PATTERN, new float[] {1, 2, 4}));
        assertThat(BIAS.with(null, new float[] {0f, 0, 0, 0}))
                .isNotEqualTo(BIAS.with(null, new float[] {-0f, 0, 0, 0}));
    }

    @Test
    void refusesWhatDoesNotFitTogether() {
        refused(() -> TensorState.dense("", new int[] {1}, new float[1]), "needs a name");
        refused(
                () -> TensorState.dense("w", new int[] {2, 3}, new float[5]),
                "'w'",
                "[2, 3]",
                "5 values",
                "asks for 6");
        refused(() -> TensorState.dense("w", new int[] {-2}, new float[5]), "'w'", "dimension -2");
        refused(() -> TensorState.dense("w", new int[9], new float[0]), "9 dimensions", "at most 8");
        refused(() -> TensorState.sparse("w", new int[] {6, 2}, PATTERN, new float[3]), "'w'", "6x2", "2x6");
        refused(() -> TensorState.sparse("w", new int[] {2, 6}, PATTERN, new float[4]), "4 values", "asks for 3");
        refused(() -> new ModelState(List.of(BIAS, BIAS)), "'bias'");
    }

    @Test
    void namesTheFirstDifferenceInLayout() {
        ModelState model = new ModelState(List.of(CONV, BIAS));
        model.requireSameLayout(new ModelState(List.of(CONV.with(null, new float[12]), BIAS)), "update of client 3");
        refused(
                () -> model.requireSameLayout(new ModelState(List.of(CONV)), "update of client 3"),
                "update of client 3",
                "1 tensors",
                "2");
        TensorState longer = TensorState.dense("bias", new int[] {5}, new float[5]);
        refused(
                () -> model.requireSameLayout(new ModelState(List.of(CONV, longer)), "update of client 3"),
                "Tensor 1 of the update of client 3",
                "[5]",
                "[4]");
    }

    private static void refused(Runnable action, String... parts) {
        assertThatIllegalArgumentException()
                .isThrownBy(action::run)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
