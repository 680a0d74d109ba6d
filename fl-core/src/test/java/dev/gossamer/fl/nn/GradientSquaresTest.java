package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training with sums of squared gradients, on a network with residual blocks and patterns. */
class GradientSquaresTest {

    private static final int BATCH = 4;
    private static final int COUNT = 10;

    @ParameterizedTest
    @MethodSource("dev.gossamer.fl.TestBackends#names")
    void sumsAreOfTheDenseGradientsOfEachStepAndTrainingStaysAsItIs(String backend) {
        ModelSpec spec = GoldenConvTest.residual();
        ModelState start = new GoldenNetwork("residual", spec, 0).sparse();
        int[] order = IntStream.range(0, COUNT).toArray();
        Sgd rule = new Sgd(0.9f, false, 0.01f, 0);
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            Samples samples = Fixtures.samples(
                    workspace,
                    Fixtures.randomPixels(COUNT, spec.input().features(), 1),
                    Fixtures.randomLabels(COUNT, spec.classes(), 1),
                    spec.input());
            PixelTransform transform = new PixelTransform(List.of(1f / 128, 1f / 128), List.of(-1f, -1f));
            Network network = new Network(workspace, spec);
            GradientSquares squares = new GradientSquares(network);

            // One step at a time without squares, and the gradient before each.
            double[][] want = new double[network.trained().size()][];
            network.load(start);
            try (TrainingSession plain =
                            new TrainingSession(network, samples, transform, BATCH, COUNT, new Sgd(0, false, 0, 0));
                    GradientSession gradients =
                            new GradientSession(network, samples, transform, BATCH, COUNT, GradientSettings.TRAINING)) {
                plain.begin(0.05f);
                for (int from = 0; from < COUNT; from += BATCH) {
                    int[] step =
                            IntStream.range(from, Math.min(COUNT, from + BATCH)).toArray();
                    ModelState gradient = gradients.gradient(step);
                    for (int t = 0; t < want.length; t++) {
                        want[t] = plus(want[t], gradient.tensors().get(t));
                    }
                    plain.trainEpoch(MemorySegment.ofArray(step), step.length);
                }
            }

            network.load(start);
            try (TrainingSession session = new TrainingSession(
                    network, samples, transform, Augment.NONE, BATCH, COUNT, new Sgd(0, false, 0, 0), squares)) {
                session.begin(0.05f);
                session.trainEpoch(MemorySegment.ofArray(order), COUNT);
                for (int t = 0; t < want.length; t++) {
                    check(network.trained().get(t), squares.state().tensors().get(t), want[t]);
                }
                squares.reset();
                assertThat(squares.state().tensors())
                        .allSatisfy(tensor -> assertThat(tensor.values()).containsOnly(0));
            }

            assertThat(trained(network, start, samples, transform, order, rule, squares))
                    .as("parameters after an epoch with momentum")
                    .isEqualTo(trained(network, start, samples, transform, order, rule, null));
        }
    }

    private static double[] plus(double[] sums, TensorState gradient) {
        double[] next = sums == null ? new double[gradient.values().length] : sums;
        for (int i = 0; i < next.length; i++) {
            next[i] += (double) gradient.values()[i] * gradient.values()[i];
        }
        return next;
    }

    /** Of weights by all entries; of others by what their pattern has. */
    private static void check(Parameter parameter, TensorState got, double... want) {
        boolean dense = parameter.spec().kind() == ParameterSpec.Kind.WEIGHT;
        float[] ones = new float[(int) parameter.space().nnz()];
        Arrays.fill(ones, 1);
        float[] stored =
                dense ? null : got.with(parameter.space().pattern(), ones).toDense();
        assertThat(got.pattern()).isNull();
        for (int i = 0; i < want.length; i++) {
            double expected = stored != null && stored[i] == 0 ? 0 : want[i];
            assertThat((double) got.values()[i])
                    .as("%s[%d]", got.name(), i)
                    .isCloseTo(expected, within(1e-5 * Math.max(1e-3, expected)));
        }
    }

    private static ModelState trained(
            Network network,
            ModelState start,
            Samples samples,
            PixelTransform transform,
            int[] order,
            Sgd rule,
            GradientSquares squares) {
        network.load(start);
        try (TrainingSession session =
                new TrainingSession(network, samples, transform, Augment.NONE, BATCH, COUNT, rule, squares)) {
            session.begin(0.05f);
            session.trainEpoch(MemorySegment.ofArray(order), order.length);
            return network.state();
        }
    }
}
