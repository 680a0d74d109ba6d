package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelsTest {

    private static final Shape CIFAR = new Shape(3, 32, 32, 1);
    private static final Shape IMAGE = new Shape(1, 28, 28, 1);

    @Test
    void fashionMnistMlpHasThePublishedParameterCount() {
        ModelSpec mlp = Models.named("mlp", IMAGE, 10);

        assertThat(mlp.parameterCount()).isEqualTo(118_282);
        assertThat(mlp.classes()).isEqualTo(10);
        assertThat(mlp.parameters().stream().map(ParameterSpec::name))
                .containsExactly("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias");
        assertThat(mlp.parameters().getFirst().dimensions()).containsExactly(128, 784);
    }

    @Test
    void lenetHasTheLayersOfPruningPapers() {
        assertThat(Models.named("lenet-300-100", IMAGE, 10).parameterCount()).isEqualTo(266_610);
    }

    @Test
    void linearModelIsOneLayer() {
        assertThat(Models.named("linear", IMAGE, 10).parameterCount()).isEqualTo(7_850);
    }

    @ParameterizedTest
    @CsvSource({
        // name, channels, side, classes, trainable, statistics, weights of layers
        "cnn-cifar10, 3, 32, 10, 1609930, 384, 1608384",
        "vgg16, 3, 32, 100, 14774436, 8448, 14761664",
        "resnet18, 3, 32, 10, 11173962, 9600, 11164352",
        "resnet18-half, 3, 32, 10, 2797610, 4800, 2792800",
        "resnet18, 3, 32, 100, 11220132, 9600, 11210432",
        "resnet18-speech, 1, 64, 35, 11188195, 9600, 11178560",
        "cnn-femnist, 1, 28, 62, 6603710, 0, 6601504",
        "cnn-femnist, 1, 28, 10, 6497162, 0, 6495008"
    })
    void convolutionalModelsHaveThePublishedCounts(
            String name, int channels, int side, int classes, long trainable, long statistics, long weights) {
        ModelSpec model = Models.named(name, new Shape(channels, side, side, 1), classes);

        assertThat(model.parameterCount()).isEqualTo(trainable);
        assertThat(model.stateCount()).isEqualTo(statistics);
        assertThat(model.weightCount()).isEqualTo(weights);
        assertThat(model.classes()).isEqualTo(classes);
        assertThat(model.parameters().stream().map(ParameterSpec::name)).doesNotHaveDuplicates();
    }

    @Test
    void vggHasThePublishedTotal() {
        ModelSpec vgg = Models.named("vgg16", CIFAR, 100);

        assertThat(vgg.parameterCount() + vgg.stateCount()).isEqualTo(14_782_884);
    }

    @Test
    void parametersHaveTheNamesAndOrderOfTorchvision() {
        assertThat(Models.named("resnet18", CIFAR, 10).parameters().stream().map(ParameterSpec::name))
                .startsWith(
                        "conv1.weight",
                        "bn1.weight",
                        "bn1.bias",
                        "bn1.running_mean",
                        "bn1.running_var",
                        "layer1.0.conv1.weight",
                        "layer1.0.bn1.weight")
                .containsSubsequence(
                        "layer2.0.bn2.running_var",
                        "layer2.0.downsample.0.weight",
                        "layer2.0.downsample.1.weight",
                        "layer2.0.downsample.1.bias",
                        "layer2.0.downsample.1.running_mean",
                        "layer2.0.downsample.1.running_var",
                        "layer2.1.conv1.weight")
                .endsWith("layer4.1.bn2.running_var", "fc.weight", "fc.bias");
        // torchvision's vgg16_bn: the last convolution is features.40, its batch norm features.41.
        assertThat(Models.named("vgg16", CIFAR, 100).parameters().stream().map(ParameterSpec::name))
                .startsWith("features.0.weight", "features.0.bias", "features.1.weight")
                .contains("features.7.weight", "features.14.weight", "features.24.weight", "features.34.weight")
                .endsWith("features.41.running_var", "classifier.weight", "classifier.bias");
    }

    @Test
    void aSampleThatIsTooSmallIsRefused() {
        assertThatThrownBy(
                        () -> Models.named("vgg16", new Shape(3, 16, 16, 1), 10).classes())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("larger than the plane");
    }

    @Test
    void weightsStartHeNormal() {
        assertMoments(Models.named("vgg16", CIFAR, 100).initial(3).tensor("features.3.weight"), 2.0 / (64 * 9), 9);
    }

    @Test
    void weightsStartTruncatedNormal() {
        TensorState weight = Models.named("resnet18", CIFAR, 10).initial(3).tensor("layer1.0.conv1.weight");

        assertMoments(weight, 1.0 / (64 * 9), 2 / 0.8796256610342398);
    }

    @Test
    void convolutionsStartGlorotUniform() {
        TensorState weight = Models.named("cnn-cifar10", CIFAR, 10).initial(3).tensor("conv3.weight");

        assertMoments(weight, 2.0 / ((64 + 128) * 9), Math.sqrt(3));
    }

    /** Mean 0, variance, and nothing beyond so many deviations; the most that the mean of n numbers may be off is 4/√n. */
    private static void assertMoments(TensorState weight, double variance, double deviations) {
        double n = weight.values().length;
        double sum = 0;
        double squares = 0;
        for (float value : weight.values()) {
            assertThat(Math.abs(value)).isLessThanOrEqualTo((float) (deviations * Math.sqrt(variance)));
            sum += value;
            squares += (double) value * value;
        }
        assertThat(Math.abs(sum / n)).isLessThan(4 * Math.sqrt(variance / n));
        assertThat(Math.abs(squares / n - variance)).isLessThan(4 * Math.sqrt(2 / n) * variance);
    }

    @Test
    void normsStartAsTheIdentityOnStandardisedInputs() {
        ModelState model = Models.named("resnet18", CIFAR, 10).initial(3);

        assertThat(model.tensor("bn1.weight").values()).containsOnly(1);
        assertThat(model.tensor("bn1.bias").values()).containsOnly(0);
        assertThat(model.tensor("bn1.running_mean").values()).containsOnly(0);
        assertThat(model.tensor("bn1.running_var").values()).containsOnly(1);
    }

    @Test
    void unknownModelNamesTheKnownOnes() {
        assertThatThrownBy(() -> Models.named("resnet", IMAGE, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("resnet")
                .hasMessageContaining("mlp")
                .hasMessageContaining("linear");
    }

    @Test
    void weightsStartGlorotUniformAndBiasesZero() {
        ModelState model = Models.named("mlp", IMAGE, 10).initial(1990);

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
        ModelSpec mlp = Models.named("mlp", IMAGE, 10);

        assertThat(mlp.initial(7)).isEqualTo(mlp.initial(7));
        assertThat(mlp.initial(7)).isNotEqualTo(mlp.initial(8));
        assertThat(mlp.initial(7).tensor("fc1.weight").values()[0])
                .as("pinned: the same on every machine and release")
                .isEqualTo(0.013517171f);
    }
}
