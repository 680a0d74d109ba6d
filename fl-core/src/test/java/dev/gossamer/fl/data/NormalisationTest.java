package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class NormalisationTest {

    private static final float ULPS = 4 * 0x1p-24f;

    /** Images of {@code channels} planes of 2x1 pixels. */
    private static Split split(int channels, int... pixels) {
        byte[] bytes = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            bytes[i] = (byte) pixels[i];
        }
        int count = pixels.length / (2 * channels);
        return new Split(
                MemorySegment.ofArray(bytes),
                MemorySegment.ofArray(new byte[count]),
                new Shape(channels, 2, 1, 1),
                count);
    }

    private static float at(PixelTransform transform, int channel, int pixel) {
        return Math.fma(
                (float) pixel, transform.scale().get(channel), transform.shift().get(channel));
    }

    @Test
    void unitDividesBy256() {
        PixelTransform transform = Normalisation.UNIT.transform(split(2, 0, 1, 2, 3));
        assertThat(transform.channels()).isEqualTo(2);
        assertThat(at(transform, 1, 255)).isEqualTo(255f / 256);
        assertThat(at(transform, 0, 0)).isZero();
    }

    @Test
    void halfGoesFromMinusOneToOne() {
        PixelTransform transform = Normalisation.HALF.transform(split(1, 0, 1));
        assertThat(at(transform, 0, 0)).isEqualTo(-1);
        assertThat(at(transform, 0, 255)).isCloseTo(1, within(ULPS));
        assertThat(at(transform, 0, 51)).isCloseTo(-0.6f, within(ULPS));
    }

    @Test
    void cifarHasTheConstantsOfEachChannel() {
        PixelTransform transform = Normalisation.CIFAR.transform(split(3, 0, 1, 2, 3, 4, 5));
        assertThat(at(transform, 0, 255)).isCloseTo((1 - 0.4914f) / 0.2023f, within(4 * ULPS));
        assertThat(at(transform, 1, 0)).isCloseTo(-0.4822f / 0.1994f, within(4 * ULPS));
        assertThat(at(transform, 2, 51)).isCloseTo((0.2f - 0.4465f) / 0.2010f, within(4 * ULPS));
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> Normalisation.CIFAR.transform(split(1, 0, 1)))
                .withMessageContaining("3 channels")
                .withMessageContaining("unit");
    }

    @Test
    void trainGivesEachChannelMeanZeroAndDeviationOne() {
        Split split = split(2, 0, 10, 200, 250, 30, 40, 210, 255);
        PixelTransform transform = Normalisation.TRAIN.transform(split);
        int[][] channels = {{0, 10, 30, 40}, {200, 250, 210, 255}};
        for (int channel = 0; channel < 2; channel++) {
            double sum = 0;
            double squares = 0;
            for (int pixel : channels[channel]) {
                float x = at(transform, channel, pixel);
                sum += x;
                squares += x * x;
            }
            assertThat(sum / 4).isCloseTo(0, within(1e-6));
            assertThat(squares / 4).isCloseTo(1, within(1e-6));
        }
    }

    @Test
    void aConstantChannelCannotBeStandardised() {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> Normalisation.TRAIN.transform(split(2, 1, 2, 7, 7, 3, 4, 7, 7)))
                .withMessageContaining("channel 1 is 7")
                .withMessageContaining("half");
    }

    @Test
    void namesAreReadAndWritten() {
        assertThat(Normalisation.NAMES).containsExactly("unit", "half", "cifar", "train");
        assertThat(Normalisation.NAMES)
                .allSatisfy(
                        name -> assertThat(Normalisation.named(name).setting()).isEqualTo(name));
    }
}
