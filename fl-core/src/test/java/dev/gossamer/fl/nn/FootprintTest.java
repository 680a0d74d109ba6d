package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.nn.PoolSpec.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a session holds. What it should hold to the byte is told by the oracle, as backends pad in their own ways. */
class FootprintTest {

    private static final int BATCH = 4;

    @Test
    void trainingHoldsWhatTheFormulaSays() {
        for (ModelSpec spec : List.of(plain(), residual())) {
            Footprint footprint = footprint(spec);

            assertThat(footprint.held())
                    .as("%s: %s", spec.name(), footprint.toMap())
                    .isBetween((long) (0.9 * footprint.expected()), (long) (1.1 * footprint.expected()));
        }
    }

    static Stream<Arguments> models() {
        Shape cifar = new Shape(3, 32, 32, 1);
        return TestBackends.names().stream()
                .flatMap(backend -> Stream.of(
                                Models.cnnCifar10(cifar, 10),
                                Models.vgg16(cifar, 100),
                                Models.resnet18(cifar, 10),
                                Models.resnet18Speech(new Shape(1, 64, 64, 1), 35),
                                Models.cnnFemnist(new Shape(1, 28, 28, 1), 62))
                        .map(spec -> Arguments.of(backend, spec.name(), spec)));
    }

    /** Before the first step, and without parameters, which would hide the rest. */
    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("models")
    void modelsOfTheZooHoldWhatTheFormulaSays(String name, String model, ModelSpec spec) {
        int channels = spec.input().channels();
        try (Backend backend = TestBackends.open(name);
                Workspace workspace = backend.workspace(1)) {
            Samples samples = Fixtures.samples(workspace, new byte[0], new byte[0], spec.input());
            PixelTransform transform =
                    new PixelTransform(Collections.nCopies(channels, 1f), Collections.nCopies(channels, 0f));
            Network network = new Network(workspace, spec);
            long before = workspace.allocatedBytes();
            try (TrainingSession session = new TrainingSession(network, samples, transform, BATCH, BATCH, Sgd.PLAIN)) {
                long held = workspace.allocatedBytes() - before;
                Footprint footprint = session.footprint(held);
                long expected = footprint.savedActivations() + footprint.largestGradients();

                assertThat(held).isBetween((long) (0.9 * expected), (long) (most(name) * expected));
            }
        }
    }

    /** On a GPU convolutions of small planes add parts of their sums in scratch memory, which the formula leaves out. */
    private static double most(String backend) {
        return backend.startsWith("cuda") ? 1.15 : 1.1;
    }

    /** The terms from the shapes alone, with the oracle's padding of three numbers a row and a byte for each bit. */
    @Test
    void theFormulaCountsWhatIsKept() {
        Footprint footprint = footprint(plain());
        int padded = BATCH + 3;

        // Inputs of conv1, conv2, bn, fc1, fc2; masks of conv1, conv2 and fc1; a byte for each maximum; two statistics.
        long floats = 3 * 144 + 8 * 144 + 8 * 36 + 8 * 36 + 16;
        long bits = 8 * 144 + 8 * 144 + 16;
        assertThat(footprint.savedActivations())
                .isEqualTo(4 * floats * padded + bits * BATCH + 8 * 36 * BATCH + 2 * 4 * 8);
        assertThat(footprint.largestGradients()).isEqualTo(4L * 2 * 8 * 144 * padded);
        assertThat(footprint.parameters()).isEqualTo(4 * (3 * plain().parameterCount() + plain().stateCount()));
    }

    private static ModelSpec plain() {
        return new ModelSpec(
                "plain",
                new Shape(3, 12, 12, 1),
                List.of(
                        new ConvSpec("conv1", 8, 3, 1, 1, true, Activation.RELU),
                        new ConvSpec("conv2", 8, 3, 1, 1, true, Activation.RELU),
                        new PoolSpec("pool", Kind.MAX, Window.square(2)),
                        BatchNormSpec.keras("bn", Activation.IDENTITY),
                        new LinearSpec("fc1", 16, Activation.RELU),
                        new LinearSpec("fc2", 5, Activation.IDENTITY)));
    }

    /** Deep enough for the third block, that of the residual edge, to be within the formula's tenth. */
    private static ModelSpec residual() {
        List<LayerSpec> layers = new ArrayList<>();
        layers.add(new ConvSpec("conv", 8, 3, 1, 1, false, Activation.IDENTITY));
        layers.add(BatchNormSpec.pytorch("bn", Activation.RELU));
        layers.add(new ResidualBlockSpec("block1", 8, 1));
        layers.add(new ResidualBlockSpec("block2", 8, 1));
        layers.add(new ResidualBlockSpec("block3", 16, 2));
        layers.add(new ResidualBlockSpec("block4", 16, 1));
        layers.add(new PoolSpec("average", Kind.AVERAGE, null));
        layers.add(new LinearSpec("fc", 5, Activation.IDENTITY));
        return new ModelSpec("residual", new Shape(3, 12, 12, 1), layers);
    }

    private static Footprint footprint(ModelSpec spec) {
        try (Backend backend = TestBackends.open("reference");
                Workspace workspace = backend.workspace(1)) {
            int features = spec.input().features();
            Samples samples = Fixtures.samples(
                    workspace,
                    Fixtures.randomPixels(BATCH, features, 1),
                    Fixtures.randomLabels(BATCH, spec.classes(), 1),
                    spec.input());
            long before = workspace.allocatedBytes();
            Network network = new Network(workspace, spec);
            network.load(spec.initial(1));
            PixelTransform transform = new PixelTransform(List.of(1f, 1f, 1f), List.of(0f, 0f, 0f));
            try (TrainingSession session =
                    new TrainingSession(network, samples, transform, BATCH, BATCH, new Sgd(0.9f, false, 0, 0))) {
                session.begin(0.01f);
                session.trainEpoch(
                        MemorySegment.ofArray(IntStream.range(0, BATCH).toArray()), BATCH);
                return session.footprint(workspace.allocatedBytes() - before);
            }
        }
    }
}
