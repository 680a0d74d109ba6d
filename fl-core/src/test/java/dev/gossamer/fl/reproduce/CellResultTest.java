package dev.gossamer.fl.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is made of a finished cell. */
class CellResultTest {

    @Test
    void deflationIsThatOfTheWholeModel() {
        float[] values = new float[100_000];
        ModelState zeros = new ModelState(List.of(TensorState.dense("a", new int[] {100, 1000}, values)));

        // 400,000 zeros take DEFLATE a thousandth: the longest match is 258 bytes, in two bits.
        assertThat(CellResult.deflatedBytes(zeros)).isBetween(380L, 420L);
        ModelSpec mlp = Models.mlp(784, 128, 128, 10);
        assertThat(CellResult.deflatedBytes(mlp.initial(1)) / 1e6).isCloseTo(0.436, within(0.005));
    }

    @Test
    void summariesAreMeansAndSampleDeviations() {
        Summary three = Summary.of(List.of(1.0, 2.0, 6.0));

        assertThat(three.count()).isEqualTo(3);
        assertThat(three.mean()).isEqualTo(3);
        assertThat(three.deviation()).isCloseTo(Math.sqrt(7), within(1e-12));
        assertThat(Summary.of(List.of(5.0)).deviation()).isZero();
        assertThat(Summary.of(List.of()).mean()).isNaN();
    }

    @Test
    void pruningKeepsAShareOfEachLayerAndTwiceThatOfTheLast() {
        ModelSpec spec = Models.named("lenet-300-100", new dev.gossamer.engine.Shape(784, 1, 1, 1), 10);
        ModelState model = spec.initial(3);

        ModelState pruned = PrunedAccuracy.prune(spec, model, 0.1);

        assertThat(Stream.of("fc1.weight", "fc2.weight", "fc3.weight", "fc1.bias")
                        .map(name -> pruned.tensor(name).nnz()))
                .containsExactly(23_520L, 3_000L, 200L, 300L);
        assertThat(PrunedAccuracy.prune(spec, model, 1)).isEqualTo(model);
        float least = Float.MAX_VALUE;
        for (float value : pruned.tensor("fc1.weight").values()) {
            least = Math.min(least, Math.abs(value));
        }
        float threshold = least;
        long larger = 0;
        for (float value : model.tensor("fc1.weight").values()) {
            larger += Math.abs(value) > threshold ? 1 : 0;
        }
        assertThat(larger).isEqualTo(23_519);
    }
}
