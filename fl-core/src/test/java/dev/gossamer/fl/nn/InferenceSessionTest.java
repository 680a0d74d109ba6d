package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.TestBackends;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("dev.gossamer.fl.TestBackends#names")
class InferenceSessionTest {

    private static final PixelTransform TRANSFORM = PixelTransform.scale(1f / 256);
    private static final ModelSpec SPEC = Models.mlp(17, 11, 6, 5);
    private static final int COUNT = 83;
    private static final int CLASSES = 5;

    /** A GPU's libraries may choose another kernel for another batch. */
    private static final Offset<Float> LAST_BITS = within(1e-6f);

    private final String name;
    private final byte[] labels = Fixtures.randomLabels(COUNT, CLASSES, 5);
    private Backend backend;
    private Workspace workspace;
    private Samples samples;
    private Network network;

    InferenceSessionTest(String name) {
        this.name = name;
    }

    @BeforeEach
    void open() {
        backend = TestBackends.open(name);
        workspace = backend.workspace(1);
        samples = Fixtures.samples(workspace, Fixtures.randomPixels(COUNT, 17, 5), labels, 17);
        network = new Network(workspace, SPEC);
        network.load(Fixtures.thinned(Fixtures.randomModel(SPEC, 3), 0.4, 3));
    }

    @AfterEach
    void close() {
        workspace.close();
        backend.close();
    }

    private float[] logits(int first, int count, int batch) {
        float[] logits = new float[count * CLASSES];
        try (InferenceSession session = new InferenceSession(network, samples, TRANSFORM, batch)) {
            session.logits(first, count, logits);
        }
        return logits;
    }

    @Test
    void theLargestLogitsAreWhatEvaluationCounts() {
        float[] logits = logits(0, COUNT, COUNT);
        int correct = 0;
        double lossSum = 0;
        for (int sample = 0; sample < COUNT; sample++) {
            float[] own = Arrays.copyOfRange(logits, sample * CLASSES, (sample + 1) * CLASSES);
            int largest = 0;
            double sum = 0;
            for (int c = 0; c < CLASSES; c++) {
                largest = own[c] > own[largest] ? c : largest;
                sum += Math.exp(own[c]);
            }
            correct += largest == labels[sample] ? 1 : 0;
            lossSum += Math.log(sum) - own[labels[sample]];
        }
        try (EvaluationSession session = new EvaluationSession(network, samples, TRANSFORM, COUNT)) {
            Evaluation evaluation = session.evaluate();
            assertThat(evaluation.correct()).isEqualTo(correct);
            assertThat(evaluation.lossSum()).isCloseTo(lossSum, within(1e-3));
        }
    }

    @Test
    void batchesAndTheirPlacesDoNotMatter() {
        float[] all = logits(0, COUNT, COUNT);
        assertThat(logits(0, COUNT, 7)).containsExactly(all, LAST_BITS);
        assertThat(logits(0, COUNT, 1)).containsExactly(all, LAST_BITS);
        assertThat(logits(13, 9, 4)).containsExactly(Arrays.copyOfRange(all, 13 * CLASSES, 22 * CLASSES), LAST_BITS);
        assertThat(logits(COUNT, 0, 4)).isEmpty();
    }

    @Test
    void aSessionMayBeClosedTwice() {
        InferenceSession session = new InferenceSession(network, samples, TRANSFORM, 8);
        session.close();
        assertThatCode(session::close).doesNotThrowAnyException();
    }

    @Test
    void aSessionSeesTheModelThatIsLoadedLater() {
        try (InferenceSession session = new InferenceSession(network, samples, TRANSFORM, 8)) {
            float[] before = new float[8 * CLASSES];
            session.logits(0, 8, before);
            network.load(Fixtures.randomModel(SPEC, 4));
            float[] after = new float[8 * CLASSES];
            session.logits(0, 8, after);
            assertThat(after).isNotEqualTo(before).containsExactly(logits(0, 8, 8), LAST_BITS);
        }
    }

    /** Batches of different sizes, one after the other, through the same room; a batch of the size before is not mixed up with it. */
    @Test
    void imagesThatComeLaterGetTheSameAnswers() {
        byte[] pixels = Fixtures.randomPixels(COUNT, 17, 5);
        float[] expected = logits(0, COUNT, 8);
        try (InferenceSession session = new InferenceSession(network, new Shape(1, 1, 17, 1), TRANSFORM, 8)) {
            int first = 0;
            for (int size : new int[] {8, 1, 8, 3, 1, 7}) {
                float[] own = new float[size * CLASSES];
                MemorySegment images = MemorySegment.ofArray(pixels).asSlice(first * 17L, size * 17L);
                session.logits(images, size, own);
                assertThat(own)
                        .containsExactly(
                                Arrays.copyOfRange(expected, first * CLASSES, (first + size) * CLASSES), LAST_BITS);
                first += size;
            }
            MemorySegment nine = MemorySegment.ofArray(pixels);
            assertThatThrownBy(() -> session.logits(nine, 9, new float[9 * CLASSES]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("room for 8");
        }
        try (InferenceSession session = new InferenceSession(network, samples, TRANSFORM, 8)) {
            assertThatThrownBy(() -> session.logits(MemorySegment.ofArray(pixels), 1, new float[CLASSES]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("data set");
        }
    }

    @Test
    void whatIsNotThereIsRefused() {
        try (InferenceSession session = new InferenceSession(network, samples, TRANSFORM, 8)) {
            float[] room = new float[8 * CLASSES];
            assertThatThrownBy(() -> session.logits(COUNT - 7, 8, room)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> session.logits(-1, 8, room)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> session.logits(0, 9, room))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "9 samples have " + 9 * CLASSES + " logits, which do not fit " + room.length + " numbers");
        }
        assertThatThrownBy(() -> new InferenceSession(network, samples, TRANSFORM, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
