package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RiceCodeTest {

    @Test
    void roundTripsGapsOfEveryLengthWithEveryParameter() {
        SplittableRandom random = new SplittableRandom(3);
        for (int count : new int[] {0, 1, 2, 7, 63, 64, 65, 300}) {
            for (int k = 0; k <= RiceCode.MAX_PARAMETER; k++) {
                // Up to 200 zeros before the one: more than a word holds.
                long limit = Math.min((200L << k) + 1, 1L << 31);
                int[] gaps = new int[count];
                for (int i = 0; i < count; i++) {
                    gaps[i] = (int) (random.nextBoolean() ? random.nextLong(limit) : random.nextLong(2L << k) % limit);
                    gaps[i] /= Math.max(1, count / 2);
                }
                roundTrip(gaps, k);
            }
        }
        roundTrip(new int[] {Integer.MAX_VALUE}, 30);
        roundTrip(new int[] {0, 4096, 0, 31, 32, 33, 63, 64, 65, 55, 56, 57}, 0);
    }

    private static void roundTrip(int[] gaps, int k) {
        byte[] codes = RiceCode.write(gaps, k);
        long bits = Arrays.stream(gaps).mapToLong(gap -> k + 1 + (gap >> k)).sum();
        assertThat(codes).hasSize((int) ((bits + 7) / 8));
        // Ones all around: nothing of them may show.
        byte[] message = new byte[codes.length + 20];
        Arrays.fill(message, (byte) 0xFF);
        System.arraycopy(codes, 0, message, 5, codes.length);
        RiceCode.Reader reader = new RiceCode.Reader(message, 5, 5 + codes.length, k, "w");
        assertThat(reader.read(gaps.length)).as("k = %d", k).isEqualTo(gaps);
        assertThat(reader.end()).isEqualTo(5 + codes.length);
        // At the end of the array as well.
        RiceCode.Reader last = new RiceCode.Reader(codes, 0, codes.length, k, "w");
        assertThat(last.read(gaps.length)).isEqualTo(gaps);
    }

    @Test
    void theBestParameterIsTheBestOfAllAndTheSmallestOfEquals() {
        SplittableRandom random = new SplittableRandom(4);
        for (int trial = 0; trial < 3000; trial++) {
            int[] gaps = new int[random.nextInt(1, 40)];
            int bits = random.nextInt(1, 26);
            for (int i = 0; i < gaps.length; i++) {
                gaps[i] = random.nextInt(1 << random.nextInt(bits));
            }
            int best = 0;
            for (int k = 1; k <= RiceCode.MAX_PARAMETER; k++) {
                best = RiceCode.sizeBits(gaps, k) < RiceCode.sizeBits(gaps, best) ? k : best;
            }
            assertThat(RiceCode.bestParameter(gaps)).as(Arrays.toString(gaps)).isEqualTo(best);
        }
        assertThat(RiceCode.bestParameter(new int[0])).isZero();
        assertThat(RiceCode.bestParameter(new int[] {Integer.MAX_VALUE})).isEqualTo(30);
    }

    @Test
    void codesWithoutAnEndAreRefusedWithoutReadingOn() {
        for (int bytes : new int[] {1, 8, 9, 100_000}) {
            for (int k : new int[] {0, 5, 30}) {
                assertThatExceptionOfType(CodecException.class)
                        .isThrownBy(() -> new RiceCode.Reader(new byte[bytes], 0, bytes, k, "w").read(1))
                        .withMessageStartingWith("w: ");
            }
        }
        // The one is there, but beyond the limit; the low bits are.
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> new RiceCode.Reader(new byte[] {0, 1}, 0, 1, 0, "w").read(1));
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> new RiceCode.Reader(new byte[] {(byte) 0x80, 1}, 0, 1, 3, "w").read(1));
    }
}
