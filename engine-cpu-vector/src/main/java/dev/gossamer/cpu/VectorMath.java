package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.D;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.HALF;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions from the operations that IEEE 754 rounds correctly only: the same bits at every vector width, compiled
 * or interpreted. The Vector API's own EXP and POW keep neither promise.
 */
final class VectorMath {

    /** The natural logarithm of 2: what turns {@link #log2} into it. */
    static final double LN2 = 0.6931471805599453;

    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0x1.63p-1f;
    private static final float LN2_LOW = -2.1219444E-4f;

    /** Adding it rounds to a whole number, which then stands in the low bits of the sum. */
    private static final float ROUND = 12582912f;

    private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

    /** Below it the result would be subnormal; it is clamped there, at 1.2e-38. */
    private static final float LEAST = -87.3f;

    /** Floats that a caller takes at a time through {@link #power}: what lies between the passes stays in L1. */
    static final int STRIP = 512;

    /** Bytes of scratch for a strip: the powers, then logarithms in double. */
    static final long STRIP_SCRATCH = 3L * STRIP * Float.BYTES;

    private static final int FRACTION_BITS = 52;
    private static final int EXPONENT_BIAS = 1023;
    private static final long EXPONENT = 0x7ff0_0000_0000_0000L;
    private static final long ONE = (long) EXPONENT_BIAS << FRACTION_BITS;

    /** Where a fraction is halved, so that it lies around 1. */
    private static final long SQRT_HALF = 0x3fe6_a09e_667f_3bcdL;

    /** A whole number below 2^52 in its low bits makes a double of 2^52 and that number. */
    private static final long WHOLE = Double.doubleToRawLongBits(0x1p52);

    /** Times it a logarithm of a number above 0 stays finite, and 1023 does not. */
    private static final double OVERFLOW = 0x1p1015;

    /** Times it a float is nothing beside any logarithm times {@link #OVERFLOW}, but infinity and NaN stay. */
    private static final double VANISH = 0x1p-800;

    private static final double ROUND_DOUBLE = 0x1.8p52;
    private static final long ROUND_DOUBLE_BITS = Double.doubleToRawLongBits(ROUND_DOUBLE);

    /** 2 to such a power is far outside f32, and far inside double. */
    private static final double FAR = 1000;

    private VectorMath() {}

    // From memory to memory, by addresses that the caller has checked (see Raw).

    /**
     * One vector of {@code e^(x - max)}, within 2 ulp down to a difference of -87.3; NaN stays NaN. In two methods: a vector that
     * is returned from a call is boxed, and so are those of a method beyond C2's inlining budget.
     *
     * @param x address of a vector
     * @param max address of a vector, at least x
     * @param to address of the result
     * @param spare address of a vector that is overwritten
     */
    static void expDifference(long x, long max, long to, long spare) {
        reduce(x, max, to, spare);
        polynomial(to, spare);
    }

    /** x = n·ln 2 + r: r goes to {@code to}, 2^n to {@code spare}. */
    private static void reduce(long xs, long max, long to, long spare) {
        FloatVector x = fromMemorySegment(F, ALL, xs & USER, LITTLE_ENDIAN)
                .sub(fromMemorySegment(F, ALL, max & USER, LITTLE_ENDIAN))
                .max(LEAST);
        FloatVector shifted = x.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
        n.fma(FloatVector.broadcast(F, -LN2_LOW), r).intoMemorySegment(ALL, to & USER, LITTLE_ENDIAN);
        IntVector exponent = shifted.reinterpretAsInts().sub(ROUND_BITS - 127);
        exponent.lanewise(VectorOperators.LSHL, 23)
                .reinterpretAsFloats()
                .intoMemorySegment(ALL, spare & USER, LITTLE_ENDIAN);
    }

    /** Cephes' expf polynomial (S. Moshier, 1989): e^r = 1 + r + r²·P(r) on |r| ≤ ln(2)/2. */
    private static void polynomial(long to, long spare) {
        FloatVector r = fromMemorySegment(F, ALL, to & USER, LITTLE_ENDIAN);
        FloatVector p = r.fma(FloatVector.broadcast(F, 1.9875691E-4f), FloatVector.broadcast(F, 0.0013981999f));
        p = p.fma(r, FloatVector.broadcast(F, 0.008333452f));
        p = p.fma(r, FloatVector.broadcast(F, 0.041665796f));
        p = p.fma(r, FloatVector.broadcast(F, 0.16666666f));
        p = p.fma(r, FloatVector.broadcast(F, 0.5f));
        p.fma(r.mul(r), r)
                .add(1f)
                .mul(fromMemorySegment(F, ALL, spare & USER, LITTLE_ENDIAN))
                .intoMemorySegment(ALL, to & USER, LITTLE_ENDIAN);
    }

    /**
     * {@code |x|^exponent} of a strip, rounded to f32, with an error of at most 5 units of 2^-24 by roots, else 1.03: zero gives 0,
     * infinity and NaN stay, results underflow gradually.
     *
     * @param xs address of x
     * @param vectors of x, at most a strip
     * @param exponent above 0
     * @param scratch address of {@link #STRIP_SCRATCH} bytes, of which the first receive the powers
     */
    static void power(long xs, int vectors, float exponent, long scratch) {
        float quarters = 4 * exponent;
        // Quarters up to 4 are what published runs use, and by square roots seven times faster; but not 3/4,
        // which takes both roots.
        boolean byRoots = quarters <= 16 && quarters == (int) quarters && quarters % 4 != 3;
        if (byRoots) {
            roots(xs, vectors, (int) quarters, scratch);
            return;
        }
        long logs = scratch + (long) STRIP * Float.BYTES;
        log2(xs, vectors, logs);
        exp2(logs, vectors, exponent, scratch);
    }

    private static void roots(long xs, int vectors, int quarters, long to) {
        int whole = quarters / 4;
        switch (quarters % 4) {
            case 0 -> {
                magnitudes(xs, vectors, to);
                whole--;
            }
            case 1 -> fourthRoots(xs, vectors, to);
            default -> squareRoots(xs, vectors, to);
        }
        for (; whole > 0; whole--) {
            timesMagnitudes(xs, vectors, to);
        }
    }

    private static void magnitudes(long xs, int vectors, long to) {
        long in = xs & USER;
        long out = to & USER;
        for (int i = 0; i < vectors; i++) {
            fromMemorySegment(F, ALL, in + (long) i * BYTES, LITTLE_ENDIAN)
                    .abs()
                    .intoMemorySegment(ALL, out + (long) i * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void squareRoots(long xs, int vectors, long to) {
        long in = xs & USER;
        long out = to & USER;
        for (int i = 0; i < vectors; i++) {
            fromMemorySegment(F, ALL, in + (long) i * BYTES, LITTLE_ENDIAN)
                    .abs()
                    .lanewise(VectorOperators.SQRT)
                    .intoMemorySegment(ALL, out + (long) i * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void fourthRoots(long xs, int vectors, long to) {
        long in = xs & USER;
        long out = to & USER;
        for (int i = 0; i < vectors; i++) {
            fromMemorySegment(F, ALL, in + (long) i * BYTES, LITTLE_ENDIAN)
                    .abs()
                    .lanewise(VectorOperators.SQRT)
                    .lanewise(VectorOperators.SQRT)
                    .intoMemorySegment(ALL, out + (long) i * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void timesMagnitudes(long xs, int vectors, long to) {
        long in = xs & USER;
        long out = to & USER;
        for (int i = 0; i < vectors; i++) {
            fromMemorySegment(F, ALL, in + (long) i * BYTES, LITTLE_ENDIAN)
                    .abs()
                    .mul(fromMemorySegment(F, ALL, out + (long) i * BYTES, LITTLE_ENDIAN))
                    .intoMemorySegment(ALL, out + (long) i * BYTES, LITTLE_ENDIAN);
        }
    }

    /**
     * {@code log2|x|} in double, within 2^-44, relative: -infinity of 0; infinity and NaN stay. With x = 2^n·m and m around 1 it is
     * {@code n + 2·atanh(s)/ln 2}, s = (m - 1)/(m + 1); atanh(s)/s by a minimax polynomial in s².
     *
     * @param xs address of x, f32
     * @param vectors of x
     * @param logs address of the logarithms, twice as many bytes
     */
    static void log2(long xs, int vectors, long logs) {
        long in = xs & USER;
        long out = logs & USER;
        for (int i = 0; i < 2 * vectors; i++) {
            DoubleVector x = (DoubleVector) fromMemorySegment(HALF, ALL, in + (long) i * (BYTES / 2), LITTLE_ENDIAN)
                    .abs()
                    .convertShape(VectorOperators.F2D, D, 0);
            LongVector bits = x.reinterpretAsLongs();
            LongVector above = bits.sub(SQRT_HALF - ONE);
            DoubleVector n = above.lanewise(VectorOperators.LSHR, FRACTION_BITS)
                    .or(WHOLE)
                    .reinterpretAsDoubles()
                    .sub(0x1p52 + EXPONENT_BIAS);
            DoubleVector m = bits.sub(above.and(EXPONENT)).add(ONE).reinterpretAsDoubles();
            DoubleVector s = m.sub(1).div(m.add(1));
            DoubleVector z = s.mul(s);
            DoubleVector p = z.fma(
                    DoubleVector.broadcast(D, 0.28290144368785247), DoubleVector.broadcast(D, 0.3199056118625326));
            p = p.fma(z, DoubleVector.broadcast(D, 0.412209254333981));
            p = p.fma(z, DoubleVector.broadcast(D, 0.5770779423466141));
            p = p.fma(z, DoubleVector.broadcast(D, 0.9617966941134019));
            p = p.fma(z, DoubleVector.broadcast(D, 2.88539008177785));
            // n is -149 to 128 where x is a number above 0, which this neither rounds nor moves; -1023 where it
            // is 0 and 1024 or 1025 where it is no number, which overflow. Masks would do, but C2 has none of
            // two lanes.
            DoubleVector large = s.fma(p, n).mul(OVERFLOW);
            x.fma(DoubleVector.broadcast(D, VANISH), large)
                    .mul(1 / OVERFLOW)
                    .intoMemorySegment(ALL, out + (long) i * BYTES, LITTLE_ENDIAN);
        }
    }

    /** {@code 2^(log·factor)}, rounded to f32: log·factor = n + r, 2^r by a minimax polynomial within 2^-34, relative. */
    private static void exp2(long logs, int vectors, double factor, long to) {
        long in = logs & USER;
        long out = to & USER;
        for (int i = 0; i < 2 * vectors; i++) {
            DoubleVector y = DoubleVector.fromMemorySegment(D, ALL, in + (long) i * BYTES, LITTLE_ENDIAN)
                    .mul(factor)
                    .max(-FAR)
                    .min(FAR);
            DoubleVector shifted = y.add(ROUND_DOUBLE);
            DoubleVector r = y.sub(shifted.sub(ROUND_DOUBLE));
            DoubleVector scale = shifted.reinterpretAsLongs()
                    .sub(ROUND_DOUBLE_BITS - EXPONENT_BIAS)
                    .lanewise(VectorOperators.LSHL, FRACTION_BITS)
                    .reinterpretAsDoubles();
            DoubleVector p = r.fma(
                    DoubleVector.broadcast(D, 1.5201923227886917E-5), DoubleVector.broadcast(D, 1.5469291148894633E-4));
            p = p.fma(r, DoubleVector.broadcast(D, 0.0013333922556294352));
            p = p.fma(r, DoubleVector.broadcast(D, 0.00961802725364381));
            p = p.fma(r, DoubleVector.broadcast(D, 0.055504103534569235));
            p = p.fma(r, DoubleVector.broadcast(D, 0.2402265119815789));
            p = p.fma(r, DoubleVector.broadcast(D, 0.6931471807284446));
            p = p.fma(r, DoubleVector.broadcast(D, 0.9999999999616818));
            ((FloatVector) p.mul(scale).convertShape(VectorOperators.D2F, HALF, 0))
                    .intoMemorySegment(ALL, out + (long) i * (BYTES / 2), LITTLE_ENDIAN);
        }
    }
}
