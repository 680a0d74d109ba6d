package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.F;

import jdk.incubator.vector.FloatVector;

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

    /** {@code e^x} for {@code x <= 0}, within 2 ulp down to -87.3; NaN stays NaN. */
    static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.max(LEAST);
        FloatVector shifted = clamped.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), clamped);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        // Cephes' expf polynomial (S. Moshier, 1989): e^r = 1 + r + r²·P(r) on |r| <= ln(2)/2.
        FloatVector p = FloatVector.broadcast(F, 1.9875691E-4f);
        p = p.fma(r, FloatVector.broadcast(F, 0.0013981999f));
        p = p.fma(r, FloatVector.broadcast(F, 0.008333452f));
        p = p.fma(r, FloatVector.broadcast(F, 0.041665796f));
        p = p.fma(r, FloatVector.broadcast(F, 0.16666666f));
        p = p.fma(r, FloatVector.broadcast(F, 0.5f));
        FloatVector result = p.fma(r.mul(r), r).add(1f);
        FloatVector power = shifted.reinterpretAsInts()
                .sub(ROUND_BITS - 127)
                .lanewise(jdk.incubator.vector.VectorOperators.LSHL, 23)
                .reinterpretAsFloats();
        return result.mul(power);
    }
}
