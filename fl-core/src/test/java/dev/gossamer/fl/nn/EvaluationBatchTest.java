package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Shape;
import org.junit.jupiter.api.Test;

class EvaluationBatchTest {

    private static final ModelSpec SMALL = Models.mlp(784, 128, 128, 10);
    private static final ModelSpec LARGE = Models.named("cnn-cifar10", new Shape(3, 32, 32, 1), 10);

    private static final int MANY = 1_000_000;

    private final IdleBackend backend = new IdleBackend();

    private int batch(ModelSpec spec, int samples) {
        return EvaluationSession.batch(backend, spec, samples);
    }

    @Test
    void aSmallModelTakesWhatTheBackendLikes() {
        assertThat(batch(SMALL, MANY)).isEqualTo(256);
        backend.bulk = 4096;
        assertThat(batch(SMALL, MANY)).isEqualTo(4096);
    }

    @Test
    void noRoomIsMadeForMoreSamplesThanThereAre() {
        backend.bulk = 4096;
        assertThat(batch(SMALL, 1000)).isEqualTo(1000);
        assertThat(batch(SMALL, 100)).as("as on every backend").isEqualTo(256);
    }

    @Test
    void noMoreThanFitsBetweenTwoLayers() {
        backend.bulk = 1 << 20;
        // 784 pixels and 128 activations of 4 bytes each: 64 MiB are those of 18,396 samples, 28 more than a multiple
        // of 32.
        assertThat(batch(SMALL, MANY)).isEqualTo(18_368);
    }

    @Test
    void aLargeModelKeepsADeviceBusyAnyway() {
        backend.bulk = 4096;
        assertThat(batch(LARGE, MANY)).isEqualTo(256);
    }
}
