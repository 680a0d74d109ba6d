package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.PoolSpec.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients of each kind of layer against differences of the loss, between a convolution and a linear layer: the gradient of
 * the convolution's weights is right only if the layer's input gradient is.
 */
class LayerGradientTest {

    private static final int BATCH = 3;

    /** One with no ReLU or maximum that switches within the smallest step. */
    private static final long SEED = 13;

    private static final double TIGHT = 5e-4;
    private static final double LOOSE = 5e-3;

    static List<LayerSpec> layers() {
        return List.of(
                new LinearSpec("linear", 6, Activation.RELU),
                new ConvSpec("conv 3x3", 4, 3, 1, 1, true, Activation.RELU),
                new ConvSpec("conv 5x5 stride 2", 3, 5, 2, 2, false, Activation.IDENTITY),
                new ConvSpec("conv 1x1 stride 2", 5, 1, 2, 0, true, Activation.IDENTITY),
                new ConvSpec("conv 2x2 unpadded", 3, 2, 1, 0, false, Activation.RELU),
                new PoolSpec("max pool 2", Kind.MAX, Window.square(2)),
                new PoolSpec("max pool 3 overlapping", Kind.MAX, new Window(3, 3, 2, 1)),
                new PoolSpec("average pool overlapping", Kind.AVERAGE, new Window(2, 2, 1, 0)),
                new PoolSpec("average pool, global", Kind.AVERAGE, null),
                BatchNormSpec.pytorch("batch norm", Activation.IDENTITY),
                BatchNormSpec.keras("batch norm with relu", Activation.RELU),
                new DropoutSpec("dropout", 0.4f),
                new ResidualBlockSpec("residual block", 3, 1),
                new ResidualBlockSpec("residual block with projection", 4, 2));
    }

    static Stream<Arguments> cases() {
        return TestBackends.names().stream()
                .flatMap(backend -> layers().stream().map(layer -> Arguments.of(backend, layer.name(), layer)));
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("cases")
    void gradientsAgreeWithDifferences(String backend, String name, LayerSpec layer) {
        ModelSpec spec = new ModelSpec(
                name,
                new Shape(2, 7, 6, 1),
                List.of(
                        new ConvSpec("before", 3, 3, 1, 1, true, Activation.RELU),
                        layer,
                        new LinearSpec("after", 4, Activation.IDENTITY)));
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1);
                Probe probe = new Probe(workspace, spec, BATCH, SEED)) {
            ModelState dense = Fixtures.randomModel(spec, SEED);
            check(probe, dense);
            check(probe, Fixtures.thinned(spec, dense, 0.6, 12));
        }
    }

    private static void check(Probe probe, ModelState model) {
        ModelState gradients = probe.gradients(model);
        List<Double> errors = new ArrayList<>();
        for (TensorState gradient : gradients.tensors()) {
            int t = model.tensors().indexOf(model.tensor(gradient.name()));
            for (int i = 0; i < gradient.values().length; i++) {
                double error = error(probe, model, t, i, gradient.values()[i]);
                assertThat(error).as("%s value %d", gradient.name(), i).isLessThan(LOOSE);
                errors.add(error);
            }
        }
        assertThat(errors.stream().filter(error -> error < TIGHT).count())
                .as("gradients with a sharp bound, of %d", errors.size())
                .isGreaterThan((long) (0.9 * errors.size()));
    }

    /**
     * How far a gradient is from the slope at some step, relative to it if it is above 1. Large steps may meet a ReLU or a maximum that switches, small ones
     * drown in rounding: losses of up to 4 in f32, divided by 2h.
     */
    private static double error(Probe probe, ModelState model, int tensor, int value, double gradient) {
        double least = Double.POSITIVE_INFINITY;
        for (double h = 1.0 / 64; h >= 1.0 / 4096 && !(least < TIGHT); h /= 4) {
            double slope = (probe.loss(Fixtures.moved(model, tensor, value, h))
                            - probe.loss(Fixtures.moved(model, tensor, value, -h)))
                    / (2 * h);
            least = Math.min(least, Math.abs(gradient - slope) / Math.max(1, Math.abs(gradient)));
        }
        return least;
    }
}
