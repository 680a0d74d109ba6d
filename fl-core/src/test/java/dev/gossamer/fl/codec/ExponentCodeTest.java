package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExponentCodeTest {

    private static float[] gaussian(int count, double scale) {
        Random random = new Random(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return values;
    }

    private static byte[] written(float[] values) {
        ExponentCode code = Objects.requireNonNull(ExponentCode.of(values));
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(code.sizeBytes())).order(ByteOrder.LITTLE_ENDIAN);
        code.write(values, out);
        assertThat(out.hasRemaining()).isFalse();
        return out.array();
    }

    private static float[] read(byte[] bytes, int count) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = ExponentCode.read(count, in, "here");
        assertThat(in.hasRemaining()).isFalse();
        return values;
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    @ParameterizedTest
    @ValueSource(ints = {31, 32, 33, 1000, 1023, 100_003})
    void everyBitComesBack(int count) {
        float[] values = gaussian(count, 0.05);
        values[0] = -0f;
        values[1] = Float.POSITIVE_INFINITY;
        values[2] = Float.intBitsToFloat(0x7FC0_1234);
        values[3] = Float.MIN_VALUE;
        float[] few = gaussian(count, 0.05);

        if (ExponentCode.of(values) != null) {
            assertThat(bits(read(written(values), count))).isEqualTo(bits(values));
        }
        assertThat(bits(read(written(few), count))).isEqualTo(bits(few));
    }

    /** Exponents whose codes have 1, 2, 3 ... bits, up to the longest, of which some follow each other. */
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 29, 30, 31, 64, 257, 5000, 70_001})
    void longCodesComeBack(int count) {
        Random random = new Random(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            int exponent = 100 + Math.min(30, Integer.numberOfTrailingZeros(random.nextInt() | 1 << 30));
            values[i] = Float.intBitsToFloat((random.nextInt() & 0x807F_FFFF) | exponent << 23);
        }
        Arrays.sort(values, count / 2, count);

        if (ExponentCode.of(values) != null) {
            assertThat(bits(read(written(values), count))).isEqualTo(bits(values));
        }
        if (count > 5000) {
            assertThat(longestRun(values)).as("bits of four codes").isGreaterThan(56);
        }
    }

    /**
     * Codes of 1 to 15 bits, an exponent for each length and one more: before each of the longest stand four that fill all but the last of
     * the bits that a decoder reads at once, and before all of that some single bits.
     */
    @Test
    void longCodesComeBackWhereverTheyBegin() {
        for (int before = 0; before < 64; before++) {
            List<Integer> exponents = new ArrayList<>();
            exponents.addAll(Collections.nCopies(before, 0));
            for (int last : new int[] {15, 14, 13, 13}) {
                exponents.addAll(List.of(10, 10, 10, 10, last));
            }
            for (int length = 1; length <= 16; length++) {
                int count = length == 16 ? 1 : 1 << (15 - length);
                int exponent = length - 1;
                int there = (int)
                        exponents.stream().filter(each -> each == exponent).count();
                exponents.addAll(Collections.nCopies(count - there, exponent));
            }
            float[] values = new float[exponents.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = Float.intBitsToFloat((100 + exponents.get(i)) << 23 | i);
            }

            assertThat(bits(read(written(values), values.length)))
                    .as("after %d bits", before)
                    .isEqualTo(bits(values));
        }
    }

    /** Exponents of any distribution, as they come, sorted, or with the rare ones among each other. */
    @Test
    void whateverTheDistribution() {
        for (int seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            Integer[] exponents = exponents(random);
            if (seed % 3 == 1) {
                Arrays.sort(exponents);
            } else if (seed % 3 == 2) {
                exponents = rareTogether(exponents, random);
            }
            float[] values = new float[exponents.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = Float.intBitsToFloat((random.nextInt() & 0x807F_FFFF) | exponents[i] << 23);
            }
            if (ExponentCode.of(values) != null) {
                assertThat(Arrays.equals(bits(read(written(values), values.length)), bits(values)))
                        .as("seed %d", seed)
                        .isTrue();
            }
        }
    }

    private static Integer[] exponents(Random random) {
        double[] ends = new double[1 + random.nextInt(1 << random.nextInt(8))];
        double decay = 1.2 * random.nextDouble();
        int kind = random.nextInt(3);
        double end = 0;
        for (int i = 0; i < ends.length; i++) {
            end += switch (kind) {
                case 0 -> Math.pow(2, -decay * i);
                case 1 -> Math.pow(2, -15 * random.nextDouble());
                default -> random.nextInt(20) == 0 ? 1 : 1e-3;
            };
            ends[i] = end;
        }
        int first = random.nextInt(257 - ends.length);
        Integer[] exponents = new Integer[(int) Math.pow(10, 1 + 4 * random.nextDouble())];
        for (int i = 0; i < exponents.length; i++) {
            int at = Arrays.binarySearch(ends, end * random.nextDouble());
            exponents[i] = first + (at < 0 ? -at - 1 : at);
        }
        return exponents;
    }

    private static Integer[] rareTogether(Integer[] exponents, Random random) {
        int[] counts = new int[256];
        for (int exponent : exponents) {
            counts[exponent]++;
        }
        int most = exponents.length >> (random.nextBoolean() ? 8 : 11);
        List<Integer> rare = new ArrayList<>();
        List<Integer> all = new ArrayList<>();
        for (int exponent : exponents) {
            (counts[exponent] <= most ? rare : all).add(exponent);
        }
        Collections.shuffle(rare, random);
        all.addAll(random.nextInt(all.size() + 1), rare);
        return all.toArray(Integer[]::new);
    }

    /** Bits of the four neighbours that take most. */
    private static int longestRun(float[] values) {
        int[] counts = new int[256];
        for (float value : values) {
            counts[exponent(value)]++;
        }
        int[] lengths = PrefixCode.lengths(counts);
        int most = 0;
        for (int i = 0; i + 4 <= values.length; i += 4) {
            int bits = 0;
            for (int k = i; k < i + 4; k++) {
                bits += lengths[exponent(values[k])];
            }
            most = Math.max(most, bits);
        }
        return most;
    }

    private static int exponent(float value) {
        return Float.floatToRawIntBits(value) >>> 23 & 0xFF;
    }

    /** More codes of one bit than an entry of the decoder's table has room for. */
    @ParameterizedTest
    @ValueSource(ints = {50, 1000, 40_000})
    void codesOfOneBitComeBack(int count) {
        Random random = new Random(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(50) == 0 ? random.nextFloat() : 1 + random.nextFloat();
        }

        assertThat(bits(read(written(values), count))).isEqualTo(bits(values));
    }

    @Test
    void oneExponentTakesNoBits() {
        float[] values = new float[100];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % 2 == 0 ? 1 : -1) * (1 + i / 100f);
        }

        assertThat(written(values)).hasSize(2 + 300);
        assertThat(read(written(values), 100)).isEqualTo(values);
    }

    /** A normal variable's exponent has an entropy of 2.5 bits; Huffman's codes are near that. */
    @Test
    void weightsTakeAboutTheirEntropy() {
        float[] values = gaussian(200_000, 0.03);
        int[] counts = new int[256];
        for (float value : values) {
            counts[exponent(value)]++;
        }
        double entropy = 0;
        for (int count : counts) {
            double part = (double) count / values.length;
            entropy -= count == 0 ? 0 : part * Math.log(part) / Math.log(2);
        }

        double bitsEach = 8.0 * written(values).length / values.length - 24;

        assertThat(entropy).isCloseTo(2.55, within(0.1));
        assertThat(bitsEach).isBetween(entropy, 1.04 * entropy);
    }

    @Test
    void whatDoesNotPayIsNotCoded() {
        assertThat(ExponentCode.of(new float[0])).isNull();
        assertThat(ExponentCode.of(new float[] {1, 2})).isNull();
        float[] all = new float[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = Float.intBitsToFloat(i << 23);
        }
        assertThat(ExponentCode.of(all)).isNull();
    }

    @Test
    void lengthsAreThoseOfHuffmanWhereTheyFit() {
        assertThat(PrefixCode.lengths(new int[] {1, 1})).containsExactly(1, 1);
        assertThat(PrefixCode.lengths(new int[] {5, 0, 1, 1, 2})).containsExactly(1, 0, 3, 3, 2);
        assertThat(PrefixCode.lengths(new int[] {1, 1, 1, 1, 1}))
                .satisfies(lengths -> assertThat(Arrays.stream(lengths).sum()).isEqualTo(12));
    }

    /** Counts that grow as Fibonacci's numbers would have codes of 39 bits. */
    @Test
    void noCodeIsTooLong() {
        int[] counts = new int[40];
        counts[0] = 1;
        counts[1] = 1;
        for (int i = 2; i < counts.length; i++) {
            counts[i] = counts[i - 1] + counts[i - 2];
        }

        int[] lengths = PrefixCode.lengths(counts);

        assertThat(Arrays.stream(lengths).max()).hasValue(PrefixCode.MAX_LENGTH);
        assertThat(Arrays.stream(lengths)
                        .mapToDouble(length -> Math.pow(2, -length))
                        .sum())
                .isEqualTo(1);
        assertThat(lengths[0]).isGreaterThan(lengths[39]);
    }

    @Test
    void whatNoSenderWritesIsRefused() {
        float[] values = gaussian(1000, 0.05);
        byte[] good = written(values);
        for (int i = 0; i < 600; i++) {
            byte[] bad = good.clone();
            bad[i] ^= (byte) (1 << i % 8);
            // Either another message that somebody could have written, or none.
            try {
                float[] other = read(bad, 1000);
                assertThat(written(other)).isEqualTo(bad);
            } catch (CodecException e) {
                assertThat(e).hasMessageStartingWith("here: ");
            }
        }
        byte[] swapped = good.clone();
        swapped[0] = good[1];
        swapped[1] = good[0];
        assertThatThrownBy(() -> read(swapped, 1000)).isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> read(Arrays.copyOf(good, 600), 1000)).isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> read(Arrays.copyOf(good, 600), 0)).isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> read(new byte[] {5, 5}, 0)).isInstanceOf(CodecException.class);
    }
}
