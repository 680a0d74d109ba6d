package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import org.junit.jupiter.api.Test;

class ModelsTest {

    @Test
    void fashionMnistMlpHasThePublishedParameterCount() {
        ModelSpec mlp = Models.named("mlp", 784, 10);

        assertThat(mlp.parameterCount()).isEqualTo(118_282);
        assertThat(mlp.classes()).isEqualTo(10);
        assertThat(mlp.parameters().stream().map(ParameterSpec::name))
                .containsExactly("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias");
        assertThat(mlp.parameters().getFirst().dimensions()).containsExactly(128, 784);
    }

    @Test
    void linearModelIsOneLayer() {
        assertThat(Models.named("linear", 784, 10).parameterCount()).isEqualTo(7_850);
    }

    @Test
    void unknownModelNamesTheKnownOnes() {
        assertThatThrownBy(() -> Models.named("resnet", 784, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("resnet")
                .hasMessageContaining("mlp")
                .hasMessageContaining("linear");
    }

    @Test
    void weightsStartGlorotUniformAndBiasesZero() {
        ModelState model = Models.named("mlp", 784, 10).initial(1990);

        TensorState weight = model.tensor("fc1.weight");
        double limit = Math.sqrt(6.0 / (784 + 128));
        double sumOfSquares = 0;
        for (float value : weight.values()) {
            assertThat(Math.abs(value)).isLessThanOrEqualTo((float) limit);
            sumOfSquares += (double) value * value;
        }
        // A uniform variable in ±limit has variance limit²/3; the mean of n squares deviates by (2/√5)/√n of it.
        double variance = limit * limit / 3;
        int n = weight.values().length;
        assertThat(Math.abs(sumOfSquares / n - variance)).isLessThan(4 * variance * 0.9 / Math.sqrt(n));
        assertThat(model.tensor("fc2.bias").values()).containsOnly(0);
    }

    @Test
    void initialValuesAreAFunctionOfTheSeed() {
        ModelSpec mlp = Models.named("mlp", 784, 10);

        assertThat(mlp.initial(7)).isEqualTo(mlp.initial(7));
        assertThat(mlp.initial(7)).isNotEqualTo(mlp.initial(8));
        assertThat(mlp.initial(7).tensor("fc1.weight").values()[0])
                .as("pinned: the same on every machine and release")
                .isEqualTo(0.013517171f);
    }
}
