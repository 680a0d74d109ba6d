package dev.gossamer.fl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightedMeanTest {

    @Test
    void weighsBySamples() {
        WeightedMean mean = new WeightedMean(dense(0, 0, 0));
        mean.add(dense(1, 2, -4), 1);
        mean.add(dense(5, 2, 0), 3);

        assertThat(mean.result()).isEqualTo(dense(4, 2, -1));
    }

    @Test
    void keepsTheUnionOfPatternsAndCountsTheAbsentAsZero() {
        WeightedMean mean = new WeightedMean(dense(9, 9, 9));
        mean.add(sparse(new int[] {0, 1}, 4, 8), 1);
        mean.add(sparse(new int[] {1}, 4), 1);

        assertThat(mean.result()).isEqualTo(sparse(new int[] {0, 1}, 2, 6));
    }

    @Test
    void oneDenseModelMakesTheMeanDense() {
        WeightedMean mean = new WeightedMean(dense(9, 9, 9));
        mean.add(sparse(new int[] {2}, 4), 1);
        mean.add(dense(1, 2, 0), 1);

        assertThat(mean.result()).isEqualTo(dense(0.5f, 1, 2));
    }

    @Test
    void equalModelsAreTheirOwnMeanToTheBit() {
        ModelState model = dense(0.1f, -1e-30f, 3e30f);
        WeightedMean mean = new WeightedMean(model);
        for (int client = 0; client < 10; client++) {
            mean.add(model, 6_000);
        }
        assertThat(mean.result()).isEqualTo(model);
    }

    @Test
    void refusesOtherLayoutsNoWeightAndNoModels() {
        WeightedMean mean = new WeightedMean(dense(1, 2, 3));
        ModelState other = new ModelState(List.of(TensorState.dense("v", new int[] {3}, new float[3])));

        assertThatThrownBy(() -> mean.add(other, 1)).hasMessageContaining("'v'");
        assertThatThrownBy(() -> mean.add(dense(1, 2, 3), 0)).hasMessageContaining("0");
        assertThatThrownBy(mean::result).isInstanceOf(IllegalStateException.class);
    }

    private static ModelState dense(float... values) {
        return new ModelState(List.of(TensorState.dense("w", new int[] {values.length}, values)));
    }

    private static ModelState sparse(int[] entries, float... values) {
        return new ModelState(List.of(
                TensorState.sparse("w", new int[] {3}, SparsityPattern.fromFlatIndices(1, 3, entries), values)));
    }
}
