package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What sessions draw: dropout and augmentation, by key and anew in every step. Seen by the loss of a model that stays. */
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("dev.gossamer.fl.TestBackends#convolving")
record RandomSessionTest(String backend) {

    private static final Shape ONE = new Shape(1, 9, 8, 1);
    private static final int COUNT = 6;

    /** Too small to move any weight. */
    private static final float RATE = 1e-30f;

    @Test
    void dropoutDrawsByKeyAndStep() {
        check(0.5f, Augment.NONE);
    }

    @Test
    void augmentationDrawsByKeyAndStep() {
        check(0, Augment.CROP_FLIP);
    }

    private void check(float dropped, Augment augment) {
        List<Double> losses = losses(dropped, augment, 7);

        assertThat(losses).doesNotHaveDuplicates();
        assertThat(losses(dropped, augment, 7)).isEqualTo(losses);
        assertThat(losses(dropped, augment, 8)).doesNotContainAnyElementsOf(losses);
    }

    @Test
    void nothingIsDrawnInEvaluationOrWithoutCause() {
        List<Double> losses = losses(0, Augment.NONE, 7);

        assertThat(losses).containsOnly(losses.getFirst());
        assertThat(losses(0, Augment.NONE, 8)).isEqualTo(losses);
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            Network network = network(workspace, 0.5f);
            try (EvaluationSession session =
                    new EvaluationSession(network, samples(workspace), PixelTransform.scale(1f / 256), COUNT)) {
                assertThat((float) session.evaluate().loss())
                        .isEqualTo(losses.getFirst().floatValue());
            }
        }
    }

    /** Of four steps on the same samples. */
    private List<Double> losses(float dropped, Augment augment, long key) {
        try (Backend open = TestBackends.open(backend);
                Workspace workspace = open.workspace(1)) {
            Network network = network(workspace, dropped);
            List<Double> losses = new ArrayList<>();
            try (TrainingSession session = new TrainingSession(
                    network, samples(workspace), PixelTransform.scale(1f / 256), augment, COUNT, COUNT, Sgd.PLAIN)) {
                session.begin(RATE, key);
                for (int step = 0; step < 4; step++) {
                    session.trainEpoch(
                            MemorySegment.ofArray(IntStream.range(0, COUNT).toArray()), COUNT);
                    losses.add(session.lastEpoch().loss());
                }
            }
            return losses;
        }
    }

    private static Network network(Workspace workspace, float dropped) {
        ModelSpec spec = new ModelSpec(
                "small",
                ONE,
                List.of(
                        new LinearSpec("fc1", 12, Activation.RELU),
                        new DropoutSpec("dropout", dropped),
                        new LinearSpec("fc2", 3, Activation.IDENTITY)));
        Network network = new Network(workspace, spec);
        network.load(Fixtures.randomModel(spec, 2));
        return network;
    }

    private static Samples samples(Workspace workspace) {
        return Fixtures.samples(
                workspace, Fixtures.randomPixels(COUNT, ONE.features(), 2), Fixtures.randomLabels(COUNT, 3, 2), ONE);
    }
}
