package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.PoolSpec.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits, loss, every gradient, three steps, statistics and evaluation of convolutional networks against PyTorch. */
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("dev.gossamer.fl.TestBackends#convolving")
record GoldenConvTest(String backend) {

    /**
     * Float32 against float64: sums of up to 1440 terms (a gradient over batch and plane), and batch norms that divide by
     * deviations of down to 0.1.
     */
    private static final double TOLERANCE = 1e-5;

    private static final GoldenNetwork LAYERS = new GoldenNetwork("layers", layers(), TOLERANCE);
    private static final GoldenNetwork RESIDUAL = new GoldenNetwork("residual", residual(), TOLERANCE);

    static ModelSpec layers() {
        return new ModelSpec(
                "layers",
                new Shape(3, 20, 18, 1),
                List.of(
                        new ConvSpec("conv1", 4, 3, 1, 1, true, Activation.RELU),
                        new ConvSpec("conv2", 5, 5, 2, 2, false, Activation.IDENTITY),
                        BatchNormSpec.pytorch("bn1", Activation.RELU),
                        new PoolSpec("pool1", Kind.MAX, Window.square(2)),
                        new ConvSpec("conv3", 6, 3, 1, 1, true, Activation.RELU),
                        new PoolSpec("pool2", Kind.MAX, new Window(3, 3, 2, 1)),
                        BatchNormSpec.keras("bn2", Activation.IDENTITY),
                        new PoolSpec("pool3", Kind.AVERAGE, new Window(2, 2, 1, 0)),
                        new LinearSpec("fc1", 8, Activation.RELU),
                        new DropoutSpec("dropout", 0),
                        new LinearSpec("fc2", 4, Activation.IDENTITY)));
    }

    static ModelSpec residual() {
        return new ModelSpec(
                "residual",
                new Shape(2, 9, 7, 1),
                List.of(
                        new ConvSpec("conv1", 4, 3, 1, 1, false, Activation.IDENTITY),
                        BatchNormSpec.pytorch("bn1", Activation.RELU),
                        new ResidualBlockSpec("layer1.0", 4, 1),
                        new ResidualBlockSpec("layer1.1", 4, 1),
                        new ResidualBlockSpec("layer2.0", 6, 2),
                        new ResidualBlockSpec("layer2.1", 6, 1),
                        new PoolSpec("avgpool", Kind.AVERAGE, null),
                        new LinearSpec("fc", 5, Activation.IDENTITY)));
    }

    @Test
    void layersAgreeWithPyTorch() {
        check(LAYERS, LAYERS.dense(), "dense");
    }

    @Test
    void patternedLayersAgreeWithMaskedPyTorch() {
        check(LAYERS, LAYERS.sparse(), "sparse");
    }

    @Test
    void residualBlocksAgreeWithPyTorch() {
        check(RESIDUAL, RESIDUAL.dense(), "dense");
    }

    @Test
    void patternedResidualBlocksAgreeWithMaskedPyTorch() {
        check(RESIDUAL, RESIDUAL.sparse(), "sparse");
    }

    private void check(GoldenNetwork network, ModelState start, String variant) {
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            network.check(workspace, start, variant);
        }
    }
}
