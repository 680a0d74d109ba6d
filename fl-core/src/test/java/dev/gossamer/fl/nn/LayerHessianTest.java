package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The Hessian's product with a direction against differences of the gradient, for each kind of layer between two others. */
class LayerHessianTest {

    private static final int BATCH = 3;

    /** One with no ReLU or maximum that switches within the smallest step. */
    private static final long SEED = 17;

    private static final int[] SAMPLES = {0, 1, 2};

    static Stream<Arguments> cases() {
        return TestBackends.names().stream()
                .flatMap(backend ->
                        LayerGradientTest.layers().stream().map(layer -> Arguments.of(backend, layer.name(), layer)));
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("cases")
    void productsAgreeWithDifferencesOfGradients(String backend, String name, LayerSpec layer) {
        ModelSpec spec = new ModelSpec(
                name,
                new Shape(2, 7, 6, 1),
                List.of(
                        new ConvSpec("before", 3, 3, 1, 1, true, Activation.RELU),
                        layer,
                        new LinearSpec("after", 4, Activation.IDENTITY)));
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            int features = spec.input().features();
            Samples samples = Fixtures.samples(
                    workspace,
                    Fixtures.randomPixels(BATCH, features, SEED),
                    Fixtures.randomLabels(BATCH, 4, SEED),
                    spec.input());
            PixelTransform transform = new PixelTransform(List.of(1f / 128, 1f / 128), List.of(-1f, -1f));
            Network network = new Network(workspace, spec);
            for (boolean batchStatistics : new boolean[] {true, false}) {
                GradientSettings settings = new GradientSettings(batchStatistics, 2);
                try (GradientSession gradients =
                                new GradientSession(network, samples, transform, BATCH, BATCH, settings);
                        HessianProduct products =
                                new HessianProduct(network, samples, transform, BATCH, BATCH, settings)) {
                    check(network, Fixtures.randomModel(spec, SEED), gradients, products);
                }
            }
        }
    }

    /** Several steps: large ones may meet a ReLU or a maximum that switches, small ones drown in rounding. */
    private static void check(Network network, ModelState model, GradientSession gradients, HessianProduct products) {
        ModelState direction = Fixtures.randomModel(network.spec(), SEED + 1);
        network.load(model);
        ModelState product = products.product(direction, SAMPLES);
        double[] least = new double[numbers(product).length];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        double[] got = numbers(product);
        for (double h : new double[] {1.0 / 256, 1.0 / 2048, 1.0 / 8192}) {
            network.load(moved(network.spec(), model, direction, h));
            double[] up = numbers(gradients.gradient(SAMPLES));
            network.load(moved(network.spec(), model, direction, -h));
            double[] down = numbers(gradients.gradient(SAMPLES));
            for (int i = 0; i < least.length; i++) {
                double slope = (up[i] - down[i]) / (2 * h);
                least[i] = Math.min(least[i], Math.abs(got[i] - slope) / Math.max(1, Math.abs(slope)));
            }
        }
        int loose = 0;
        for (int i = 0; i < least.length; i++) {
            assertThat(least[i]).as("number %d of H·v", i).isCloseTo(0, within(0.05));
            loose += least[i] < 5e-3 ? 0 : 1;
        }
        assertThat(loose)
                .as("numbers without a sharp bound, of %d", least.length)
                .isLessThan(least.length / 10 + 1);
    }

    /** All trained parameters, moved along the direction. */
    private static ModelState moved(ModelSpec spec, ModelState model, ModelState direction, double h) {
        List<TensorState> tensors = new ArrayList<>();
        for (int t = 0; t < model.tensors().size(); t++) {
            TensorState tensor = model.tensors().get(t);
            Kind kind = spec.parameters().get(t).kind();
            float[] values = tensor.values().clone();
            for (int i = 0; kind.trained() && i < values.length; i++) {
                values[i] += (float) (h * direction.tensors().get(t).values()[i]);
            }
            tensors.add(tensor.with(null, values));
        }
        return new ModelState(tensors);
    }

    private static double[] numbers(ModelState state) {
        return state.tensors().stream()
                .flatMapToDouble(tensor -> {
                    double[] wide = new double[tensor.values().length];
                    for (int i = 0; i < wide.length; i++) {
                        wide[i] = tensor.values()[i];
                    }
                    return Arrays.stream(wide);
                })
                .toArray();
    }
}
