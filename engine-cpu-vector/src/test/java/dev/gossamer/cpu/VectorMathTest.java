package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stated bounds on errors over every exponent of f32, and the same bits as one number at a time. */
class VectorMathTest {

    private static final double UNIT = 0x1p-24;

    /** Of each exponent and sign: the least and the largest mantissa, those around 1 and sqrt(2), and random ones. */
    private static final int MANTISSAS = 128;

    private static final int[] AWKWARD = {0, 1, 2, 0x7fffff, 0x7ffffe, 0x3504f2, 0x3504f3, 0x3504f4, 0x400000};

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @Test
    void logarithmsKeepTheirBound() {
        float[] xs = everyExponent();
        double[] logs = logs(xs);
        for (int i = 0; i < xs.length; i++) {
            double x = Math.abs((double) xs[i]);
            if (x == 0) {
                assertThat(logs[i]).isEqualTo(Double.NEGATIVE_INFINITY);
            } else if (!(x < Double.POSITIVE_INFINITY)) {
                assertThat(Double.compare(logs[i], x)).isZero();
            } else {
                // Near 1 log1p keeps the accuracy that log of a rounded number has, too: x is exact in both.
                double want = (x > 0.5 && x < 2 ? StrictMath.log1p(x - 1) : StrictMath.log(x)) / VectorMath.LN2;
                assertThat(logs[i]).as("log2(%s)", xs[i]).isCloseTo(want, Offset.offset(0x1p-44 * Math.abs(want)));
            }
            assertThat(Double.doubleToLongBits(logs[i]))
                    .as("bits of log2(%s)", xs[i])
                    .isEqualTo(Double.doubleToLongBits(ScalarMath.log2(xs[i])));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0.1f, 0.2500001f, 0.6f, 0.75f, 1.0000001f, 1.75f, 2.3f, 5, 7, 63.5f, 0x1p-23f, 3e6f})
    void powersKeepTheirBound(float exponent) {
        checkPowers(exponent, 1.03);
    }

    @ParameterizedTest
    @ValueSource(floats = {0.25f, 0.5f, 1, 1.25f, 1.5f, 2, 2.25f, 3, 3.25f, 3.5f, 4})
    void powersByRootsKeepTheirBound(float exponent) {
        checkPowers(exponent, 5);
    }

    private static void checkPowers(float exponent, double units) {
        float[] xs = everyExponent();
        float[] powers = powers(xs, exponent);
        for (int i = 0; i < xs.length; i++) {
            double want = StrictMath.pow(Math.abs((double) xs[i]), exponent);
            double bound = units * UNIT * want + Float.MIN_VALUE;
            boolean same = powers[i] == (float) want || (Double.isNaN(want) && Float.isNaN(powers[i]));
            assertThat(same || Math.abs(powers[i] - want) <= bound)
                    .as("|%s|^%s: got %s, want %s", xs[i], exponent, powers[i], want)
                    .isTrue();
            assertThat(Float.floatToIntBits(powers[i]))
                    .as("bits of |%s|^%s", xs[i], exponent)
                    .isEqualTo(Float.floatToIntBits(ScalarMath.power(xs[i], exponent)));
        }
    }

    /** All exponents of both signs, zeros, subnormal numbers, infinities and NaN among them. */
    private static float[] everyExponent() {
        SplittableRandom random = new SplittableRandom(11);
        float[] xs = new float[512 * MANTISSAS];
        for (int i = 0; i < xs.length; i++) {
            int at = i % MANTISSAS;
            int mantissa = at < AWKWARD.length ? AWKWARD[at] : random.nextInt(1 << 23);
            xs[i] = Float.intBitsToFloat((i / MANTISSAS) << 23 | mantissa);
        }
        return xs;
    }

    private static double[] logs(float[] xs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocate(4L * xs.length, 64);
            MemorySegment to = arena.allocate(8L * xs.length, 64);
            MemorySegment.copy(xs, 0, from, ValueLayout.JAVA_FLOAT, 0, xs.length);
            VectorMath.log2(from.address(), xs.length / Lanes.COUNT, to.address());
            return to.toArray(ValueLayout.JAVA_DOUBLE);
        }
    }

    private static float[] powers(float[] xs, float exponent) {
        float[] powers = new float[xs.length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocate(4L * xs.length, 64);
            MemorySegment scratch = arena.allocate(VectorMath.STRIP_SCRATCH, 64);
            MemorySegment.copy(xs, 0, from, ValueLayout.JAVA_FLOAT, 0, xs.length);
            for (int i = 0; i < xs.length; i += VectorMath.STRIP) {
                VectorMath.power(from.address() + 4L * i, VectorMath.STRIP / Lanes.COUNT, exponent, scratch.address());
                MemorySegment.copy(scratch, ValueLayout.JAVA_FLOAT, 0, powers, i, VectorMath.STRIP);
            }
        }
        return powers;
    }
}
