package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Role;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Powerpropagation over the storage of one space, a strip at a time. A zero gives a zero of its sign, in the weight and in
 * what the slope multiplies, so that dense-masked storage needs no mask here.
 */
final class SignedPower {

    /** Vectors of a strip. */
    private static final int STRIP = VectorMath.STRIP / COUNT;

    private SignedPower() {}

    static void weights(CpuSpace space, float alpha, MemorySegment scratch) {
        CpuValues theta = space.values(Role.THETA);
        CpuValues weight = space.values(Role.WEIGHT);
        if (alpha == 1) {
            Elementwise.copy(theta, weight);
            return;
        }
        long from = theta.address();
        long to = weight.address();
        long powers = Raw.address(scratch, 0, VectorMath.STRIP_SCRATCH);
        int vectors = theta.vectors();
        for (int first = 0; first < vectors; first += STRIP) {
            int some = Math.min(STRIP, vectors - first);
            long at = (long) first * BYTES;
            VectorMath.power(from + at, some, alpha - 1, powers);
            multiply(from + at, some, powers, to + at);
        }
    }

    static void gradient(CpuSpace space, float alpha, MemorySegment scratch) {
        if (alpha == 1) {
            return;
        }
        CpuValues theta = space.values(Role.THETA);
        long from = theta.address();
        long gradient = space.values(Role.GRADIENT).address();
        long powers = Raw.address(scratch, 0, VectorMath.STRIP_SCRATCH);
        int vectors = theta.vectors();
        for (int first = 0; first < vectors; first += STRIP) {
            int some = Math.min(STRIP, vectors - first);
            long at = (long) first * BYTES;
            VectorMath.power(from + at, some, alpha - 1, powers);
            multiplySlopes(alpha, powers, some, gradient + at);
        }
    }

    private static void multiply(long theta, int vectors, long powers, long weight) {
        long in = theta & USER;
        long factors = powers & USER;
        long out = weight & USER;
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            fromMemorySegment(F, ALL, in + at, LITTLE_ENDIAN)
                    .mul(fromMemorySegment(F, ALL, factors + at, LITTLE_ENDIAN))
                    .intoMemorySegment(ALL, out + at, LITTLE_ENDIAN);
        }
    }

    private static void multiplySlopes(float alpha, long powers, int vectors, long gradient) {
        FloatVector a = FloatVector.broadcast(F, alpha);
        long factors = powers & USER;
        long out = gradient & USER;
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            a.mul(fromMemorySegment(F, ALL, factors + at, LITTLE_ENDIAN))
                    .mul(fromMemorySegment(F, ALL, out + at, LITTLE_ENDIAN))
                    .intoMemorySegment(ALL, out + at, LITTLE_ENDIAN);
        }
    }
}
