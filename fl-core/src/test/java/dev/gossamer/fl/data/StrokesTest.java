package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StrokesTest {

    private static final long SEED = 1990;
    private static final String TRAIN_CHECKSUM = "ef3b9cc7";
    private static final String TEST_CHECKSUM = "83c97123";

    private static Dataset strokes;

    @BeforeAll
    static void generate() {
        strokes = Strokes.generate(SEED);
    }

    @AfterAll
    static void close() {
        strokes.close();
    }

    @Test
    void hasTheSizesAndBalanceThatItPromises() {
        assertThat(strokes.name()).isEqualTo("strokes");
        assertThat(strokes.train().count()).isEqualTo(20_000);
        assertThat(strokes.test().count()).isEqualTo(4_000);
        assertThat(strokes.one().features()).isEqualTo(784);
        assertThat(strokes.classes()).isEqualTo(10);
        int[] counts = new int[10];
        for (int label : strokes.train().labelArray()) {
            counts[label]++;
        }
        assertThat(counts).containsOnly(2_000);
    }

    /** Golden checksums: the bytes must not change between machines, JVMs or releases. */
    @Test
    void aSeedGivesTheSameBytesEverywhere() {
        assertThat(checksum(strokes.train().images())).isEqualTo(TRAIN_CHECKSUM);
        assertThat(checksum(strokes.test().images())).isEqualTo(TEST_CHECKSUM);
    }

    @Test
    void anotherSeedGivesOtherImages() {
        try (Dataset other = Strokes.generate(SEED + 1)) {
            assertThat(other.train().images().mismatch(strokes.train().images()))
                    .isBetween(0L, 784L);
            assertThat(other.train().labels().mismatch(strokes.train().labels()))
                    .isEqualTo(-1);
        }
    }

    @Test
    void noImageIsBlankAndNoTestImageIsAmongTheFirstTrainingImages() {
        for (int i = 0; i < strokes.test().count(); i++) {
            MemorySegment image = image(strokes.test(), i);
            int bright = 0;
            for (int pixel = 0; pixel < 784; pixel++) {
                bright += strokes.test().pixel(i, pixel) > 100 ? 1 : 0;
            }
            assertThat(bright).as("bright pixels of test image %d", i).isBetween(15, 350);
            assertThat(image.mismatch(image(strokes.train(), i))).isNotEqualTo(-1);
        }
    }

    /** The reason for this data set: a linear model stays at or below 80 %, for as long as it may train. */
    @Test
    void aLinearModelStaysBelowEightyPercent() {
        PlainMlp linear = new PlainMlp(1, 784, 10);
        double best = 0;
        for (int epoch = 0; epoch < 16; epoch++) {
            linear.train(strokes.train(), epoch, 32, 0.05f);
            best = Math.max(best, linear.accuracy(strokes.test()));
        }
        assertThat(best).isBetween(0.65, 0.80);
    }

    /** And an MLP reaches 90 %. */
    @Test
    void theMlpReachesNinetyPercent() {
        PlainMlp mlp = new PlainMlp(1, 784, 128, 128, 10);
        for (int epoch = 0; epoch < 6; epoch++) {
            mlp.train(strokes.train(), epoch, 32, 0.1f);
        }
        assertThat(mlp.accuracy(strokes.test())).isGreaterThanOrEqualTo(0.90);
    }

    private static MemorySegment image(Split split, int sample) {
        return split.images().asSlice(sample * 784L, 784);
    }

    private static String checksum(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.toArray(ValueLayout.JAVA_BYTE));
        return String.format("%08x", crc.getValue());
    }
}
