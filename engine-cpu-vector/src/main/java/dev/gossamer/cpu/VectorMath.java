package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Elementary functions from additions, products and fused multiply-adds only: the same bits at every vector width, compiled
 * or interpreted. The Vector API's own EXP keeps neither promise.
 */
final class VectorMath {

    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0x1.63p-1f;
    private static final float LN2_LOW = -2.1219444E-4f;

    /** Adding it rounds to a whole number, which then stands in the low bits of the sum. */
    private static final float ROUND = 12582912f;

    private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

    /** Below it the result would be subnormal; it is clamped there, at 1.2e-38. */
    private static final float LEAST = -87.3f;

    private VectorMath() {}

    /**
     * One vector of {@code e^(x - max)}, within 2 ulp down to a difference of -87.3; NaN stays NaN. From memory to memory and
     * in two methods: a vector that is returned from a call is boxed, and so are those of a method beyond C2's inlining
     * budget.
     *
     * @param xs where x lies, at byte offset {@code from}
     * @param scratch where max lies, at offset 0, at least every x
     * @param to byte offset in scratch of the result
     * @param spare byte offset in scratch of a vector that is overwritten
     */
    static void expDifference(MemorySegment xs, long from, MemorySegment scratch, long to, long spare) {
        reduce(xs, from, scratch, to, spare);
        polynomial(scratch, to, spare);
    }

    /** x = n·ln 2 + r: r goes to {@code to}, 2^n to {@code spare}. */
    private static void reduce(MemorySegment xs, long from, MemorySegment scratch, long to, long spare) {
        FloatVector x = fromMemorySegment(F, xs, from, LITTLE_ENDIAN)
                .sub(fromMemorySegment(F, scratch, 0, LITTLE_ENDIAN))
                .max(LEAST);
        FloatVector shifted = x.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
        n.fma(FloatVector.broadcast(F, -LN2_LOW), r).intoMemorySegment(scratch, to, LITTLE_ENDIAN);
        IntVector exponent = shifted.reinterpretAsInts().sub(ROUND_BITS - 127);
        exponent.lanewise(VectorOperators.LSHL, 23)
                .reinterpretAsFloats()
                .intoMemorySegment(scratch, spare, LITTLE_ENDIAN);
    }

    /** Cephes' expf polynomial (S. Moshier, 1989): e^r = 1 + r + r²·P(r) on |r| <= ln(2)/2. */
    private static void polynomial(MemorySegment scratch, long to, long spare) {
        FloatVector r = fromMemorySegment(F, scratch, to, LITTLE_ENDIAN);
        FloatVector p = r.fma(FloatVector.broadcast(F, 1.9875691E-4f), FloatVector.broadcast(F, 0.0013981999f));
        p = p.fma(r, FloatVector.broadcast(F, 0.008333452f));
        p = p.fma(r, FloatVector.broadcast(F, 0.041665796f));
        p = p.fma(r, FloatVector.broadcast(F, 0.16666666f));
        p = p.fma(r, FloatVector.broadcast(F, 0.5f));
        p.fma(r.mul(r), r)
                .add(1f)
                .mul(fromMemorySegment(F, scratch, spare, LITTLE_ENDIAN))
                .intoMemorySegment(scratch, to, LITTLE_ENDIAN);
    }
}
