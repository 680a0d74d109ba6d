package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Shape;
import org.junit.jupiter.api.Test;

class EvaluationBatchTest {

    private static final ModelSpec SMALL = Models.mlp(784, 128, 128, 10);
    private static final ModelSpec LARGE = Models.named("cnn-cifar10", new Shape(3, 32, 32, 1), 10);

    private final IdleBackend backend = new IdleBackend();

    @Test
    void aSmallModelTakesWhatTheBackendLikes() {
        assertThat(EvaluationSession.batch(backend, SMALL)).isEqualTo(256);
        backend.bulk = 4096;
        assertThat(EvaluationSession.batch(backend, SMALL)).isEqualTo(4096);
    }

    @Test
    void noMoreThanFitsBetweenTwoLayers() {
        backend.bulk = 1 << 20;
        // 784 pixels and 128 activations of 4 bytes each: 16 MiB are those of 4,599 samples.
        assertThat(EvaluationSession.batch(backend, SMALL)).isEqualTo(4599);
    }

    @Test
    void aLargeModelKeepsADeviceBusyAnyway() {
        backend.bulk = 4096;
        assertThat(EvaluationSession.batch(backend, LARGE)).isEqualTo(256);
    }
}
