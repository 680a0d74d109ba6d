package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Against numpy and scipy in float64; golden_log_mel.py says how the values were made. */
class LogMelTest {

    /** The golden values are rounded to six places; transforms of 512 numbers in double are off by far less. */
    private static final double TOLERANCE = 1e-6;

    @Test
    void agreesWithScipy() throws IOException {
        JsonNode golden = golden();
        short[] samples = recording(golden.get("count").asInt());
        for (int i = 0; i < 8; i++) {
            assertThat((int) samples[i]).isEqualTo(golden.get("first").get(i).asInt());
        }
        assertThat(IntStream.range(0, samples.length).mapToLong(i -> samples[i]).sum())
                .isEqualTo(golden.get("sum").asLong());

        double[] decibels = LogMel.decibels(samples);
        byte[] bytes = LogMel.bytes(samples);
        assertThat(decibels).hasSize(40 * 98);
        for (int f = 0; f < golden.get("frames").size(); f++) {
            int frame = golden.get("frames").get(f).asInt();
            for (int band = 0; band < 40; band++) {
                int at = band * 98 + frame;
                double want = golden.get("decibels").get(f).get(band).asDouble();
                assertThat(decibels[at]).as("band %d, frame %d", band, frame).isCloseTo(want, within(TOLERANCE));
                double stored = Byte.toUnsignedInt(bytes[at]) / 2.0 - 80;
                assertThat(stored).isCloseTo(Math.clamp(want, -80, 47.5), within(0.25 + TOLERANCE));
            }
        }
    }

    /** As the script makes it. */
    private static short[] recording(int count) {
        short[] samples = new short[count];
        long state = 1990;
        for (int n = 0; n < count; n++) {
            state = (1103515245 * state + 12345) & 0x7FFFFFFF;
            int noise = (int) (state >> 16) - 16384;
            int period = 200 - n / 80;
            int square = n % period < period / 2 ? 9000 : -9000;
            samples[n] = (short) (square + Math.floorDiv(noise * n, 2 * count));
        }
        return samples;
    }

    private static JsonNode golden() throws IOException {
        try (InputStream in = LogMelTest.class.getResourceAsStream("golden_log_mel.json")) {
            return new ObjectMapper().readTree(in);
        }
    }

    @Test
    void whatIsAfterASecondIsCutOff() {
        short[] samples = recording(12_345);
        short[] second = Arrays.copyOf(samples, 16_000);
        short[] longer = Arrays.copyOf(second, 20_000);
        Arrays.fill(longer, 16_000, 20_000, (short) 12_000);
        assertThat(LogMel.bytes(longer)).isEqualTo(LogMel.bytes(second)).isEqualTo(LogMel.bytes(samples));
    }

    @Test
    void silenceIsZeroAndNothingOverflows() {
        assertThat(LogMel.bytes(new short[1])).containsOnly(0);
        short[] loud = new short[16_000];
        for (int i = 0; i < loud.length; i++) {
            loud[i] = i / 16 % 2 == 0 ? Short.MAX_VALUE : Short.MIN_VALUE;
        }
        int loudest = IntStream.range(0, 40 * 98)
                .map(i -> Byte.toUnsignedInt(LogMel.bytes(loud)[i]))
                .max()
                .orElseThrow();
        // A square wave of 500 Hz: its first harmonic is 4 / pi of full scale, 2 dB above a sine.
        assertThat(loudest).isBetween(2 * (80 + 40), 254);
    }

    @Test
    void theTransformIsTheDiscreteFourierTransform() {
        for (int n : new int[] {1, 2, 8, 64}) {
            SplitMix64 random = SplitMix64.of(n);
            double[] re = IntStream.range(0, n)
                    .mapToDouble(i -> random.nextDouble() - 0.5)
                    .toArray();
            double[] im = IntStream.range(0, n)
                    .mapToDouble(i -> random.nextDouble() - 0.5)
                    .toArray();
            double[] real = re.clone();
            double[] imaginary = im.clone();
            new Fourier(n).transform(real, imaginary);
            for (int k = 0; k < n; k++) {
                double wantRe = 0;
                double wantIm = 0;
                for (int i = 0; i < n; i++) {
                    double angle = -2 * Math.PI * i * k / n;
                    wantRe += re[i] * Math.cos(angle) - im[i] * Math.sin(angle);
                    wantIm += re[i] * Math.sin(angle) + im[i] * Math.cos(angle);
                }
                assertThat(real[k]).isCloseTo(wantRe, within(1e-12));
                assertThat(imaginary[k]).isCloseTo(wantIm, within(1e-12));
            }
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new Fourier(12));
    }
}
