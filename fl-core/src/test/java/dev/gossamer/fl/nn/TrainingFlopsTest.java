package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.sparsity.DensityRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingFlopsTest {

    private static final Shape CIFAR = new Shape(3, 32, 32, 1);

    /** What SWAT states for weights and activations of 90 % sparsity, to a tenth of a per cent. */
    @Test
    void swatSavesWhatIsPublished() {
        assertThat(cut(TrainingFlops.of(Models.vgg16(CIFAR, 10)))).isCloseTo(0.897, within(0.001));
        assertThat(cut(wideResNet168())).isCloseTo(0.900, within(0.001));
        assertThat(cut(denseNet121())).isCloseTo(0.898, within(0.001));
    }

    private static double cut(TrainingFlops flops) {
        double[] densities = new double[flops.layers().size()];
        Arrays.fill(densities, 0.1);
        densities[0] = 1;
        return flops.cut(flops.trained(densities, densities));
    }

    /** The published numbers of multiply-adds of the two lists, which show that they are those of the networks. */
    @Test
    void theListsAreThoseOfTheNetworks() {
        assertThat(multiplyAdds(wideResNet168())).isCloseTo(1.55e9, within(0.01e9));
        assertThat(wideResNet168().layers().stream()
                        .mapToLong(LayerWork::weights)
                        .sum())
                .isCloseTo(10_960_000, within(20_000L));
        assertThat(multiplyAdds(denseNet121())).isCloseTo(0.888e9, within(0.002e9));
        assertThat(denseNet121().layers().stream().mapToLong(LayerWork::weights).sum())
                .isCloseTo(6_870_000, within(20_000L));
        assertThat(multiplyAdds(TrainingFlops.of(Models.vgg16(CIFAR, 10)))).isCloseTo(0.3135e9, within(0.001e9));
        assertThat(multiplyAdds(TrainingFlops.of(Models.resnet18(CIFAR, 10)))).isCloseTo(0.5554e9, within(0.001e9));
    }

    private static double multiplyAdds(TrainingFlops flops) {
        return flops.layers().stream().mapToDouble(LayerWork::flops).sum() / 2;
    }

    /** Every product by itself, for a model of two layers. */
    @Test
    void countsEachProduct() {
        ModelSpec spec = Models.mlp(10, 4, 3);
        TrainingFlops flops = TrainingFlops.of(spec);
        assertThat(flops.layers())
                .containsExactly(new LayerWork("fc1.weight", 40, 1), new LayerWork("fc2.weight", 12, 1));
        assertThat(flops.dense()).isEqualTo(2 * (2 * 40 + 3 * 12));
        double[] weights = {0.5, 0.25};
        double[] activations = {0.75, 0.5};
        assertThat(flops.trained(weights, activations)).isEqualTo(2 * (40 * (0.5 + 0.75) + 12 * (0.25 + 0.25 + 0.5)));
        assertThat(flops.pruned(weights, activations)).isEqualTo(2 * (40 * (0.5 + 0.375) + 12 * (0.25 + 0.25 + 0.125)));
        assertThat(flops.cut(flops.dense())).isZero();
    }

    @Test
    void namesAndSizesAreThoseOfTheWeights() {
        for (ModelSpec spec : List.of(Models.resnet18(CIFAR, 10), Models.cnnFemnist(new Shape(1, 28, 28, 1), 62))) {
            List<ParameterSpec> weights = spec.parameters().stream()
                    .filter(parameter -> parameter.kind() == ParameterSpec.Kind.WEIGHT)
                    .toList();
            List<LayerWork> layers = TrainingFlops.of(spec).layers();
            assertThat(layers.stream().map(LayerWork::weight))
                    .containsExactlyElementsOf(
                            weights.stream().map(ParameterSpec::name).toList());
            assertThat(layers.stream().map(LayerWork::weights))
                    .containsExactlyElementsOf(
                            weights.stream().map(ParameterSpec::size).toList());
        }
    }

    /** Erdős-Rényi layers keep the same number of weights as uniform ones and do more work: small layers have large planes. */
    @Test
    void erkCostsMoreThanUniform() {
        ModelSpec spec = Models.resnet18(CIFAR, 10);
        TrainingFlops flops = TrainingFlops.of(spec);
        List<List<Integer>> shapes = spec.parameters().stream()
                .filter(parameter -> parameter.kind() == ParameterSpec.Kind.WEIGHT)
                .map(ParameterSpec::shape)
                .toList();
        double[] uniform = DensityRule.UNIFORM.densities(shapes, 0.1);
        double[] erk = DensityRule.ERK.densities(shapes, 0.1);
        assertThat(flops.cut(flops.trained(uniform, uniform))).isBetween(0.89, 0.90);
        assertThat(flops.cut(flops.trained(erk, erk))).isBetween(0.70, 0.85);
    }

    /**
     * WRN-16-8 for 32x32: "Wide residual networks", Zagoruyko, Komodakis, BMVC 2016; two blocks in each of three groups.
     */
    private static TrainingFlops wideResNet168() {
        List<LayerWork> layers = new ArrayList<>();
        conv(layers, 3, 16, 3, 32);
        int in = 16;
        int plane = 32;
        for (int out : new int[] {128, 256, 512}) {
            plane = out == 128 ? 32 : plane / 2;
            conv(layers, in, out, 3, plane);
            conv(layers, out, out, 3, plane);
            conv(layers, in, out, 1, plane);
            conv(layers, out, out, 3, plane);
            conv(layers, out, out, 3, plane);
            in = out;
        }
        layers.add(new LayerWork("fc", 512 * 10, 1));
        return new TrainingFlops(layers);
    }

    /**
     * DenseNet-121 for 32x32, growth 32: "Densely connected convolutional networks", Huang, Liu, van der Maaten, Weinberger,
     * CVPR 2017, with a 3x3 stem of 64 channels and no pool behind it.
     */
    private static TrainingFlops denseNet121() {
        List<LayerWork> layers = new ArrayList<>();
        conv(layers, 3, 64, 3, 32);
        int channels = 64;
        int plane = 32;
        for (int depth : new int[] {6, 12, 24, 16}) {
            for (int i = 0; i < depth; i++) {
                conv(layers, channels, 128, 1, plane);
                conv(layers, 128, 32, 3, plane);
                channels += 32;
            }
            if (depth != 16) {
                conv(layers, channels, channels / 2, 1, plane);
                channels /= 2;
                plane /= 2;
            }
        }
        layers.add(new LayerWork("fc", channels * 10L, 1));
        return new TrainingFlops(layers);
    }

    private static void conv(List<LayerWork> layers, int in, int out, int kernel, int plane) {
        layers.add(new LayerWork("conv" + layers.size(), (long) in * out * kernel * kernel, (long) plane * plane));
    }
}
