package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.List;
import org.junit.jupiter.api.Test;

class HoldersMeanTest {

    private static final TensorState LAYOUT = TensorState.dense("w", new int[] {1, 4}, new float[4]);

    private static ModelState at(int[] elements, float... values) {
        return new ModelState(List.of(LAYOUT.with(SparsityPattern.fromFlatIndices(1, 4, elements), values)));
    }

    @Test
    void onlyHoldersCount() {
        HoldersMean mean = new HoldersMean(new ModelState(List.of(LAYOUT)));
        mean.add(at(new int[] {0, 1}, 4, 10), 1);
        mean.add(at(new int[] {1, 3}, 2, -6), 3);

        TensorState result = mean.result().tensor("w");

        assertThat(result.pattern()).isEqualTo(SparsityPattern.fromFlatIndices(1, 4, new int[] {0, 1, 3}));
        assertThat(result.values()).containsExactly(4, (10 + 3 * 2) / 4f, -6);
    }

    @Test
    void ofDenseModelsItIsTheWeightedMean() {
        HoldersMean mean = new HoldersMean(new ModelState(List.of(LAYOUT)));
        mean.add(new ModelState(List.of(LAYOUT.with(null, new float[] {1, 2, 3, 4}))), 1);
        mean.add(new ModelState(List.of(LAYOUT.with(null, new float[] {5, 2, 7, -4}))), 3);

        TensorState result = mean.result().tensor("w");

        assertThat(result.pattern()).isNull();
        assertThat(result.values()).containsExactly(4, 2, 6, -2);
    }

    @Test
    void hasNoMeanOfNothing() {
        assertThatIllegalStateException().isThrownBy(() -> new HoldersMean(new ModelState(List.of(LAYOUT))).result());
    }
}
