package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
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

    private static final long STRIP_BYTES = (long) VectorMath.STRIP * Float.BYTES;

    private SignedPower() {}

    static void weights(CpuSpace space, float alpha, MemorySegment scratch) {
        CpuValues theta = space.values(Role.THETA);
        CpuValues weight = space.values(Role.WEIGHT);
        if (alpha == 1) {
            Elementwise.copy(theta, weight);
            return;
        }
        long bytes = theta.paddedCount() * Float.BYTES;
        for (long from = 0; from < bytes; from += STRIP_BYTES) {
            long some = Math.min(STRIP_BYTES, bytes - from);
            VectorMath.power(theta.data, from, some, alpha - 1, scratch);
            multiply(theta.data, from, some, scratch, weight.data);
        }
    }

    static void gradient(CpuSpace space, float alpha, MemorySegment scratch) {
        if (alpha == 1) {
            return;
        }
        CpuValues theta = space.values(Role.THETA);
        MemorySegment gradient = space.values(Role.GRADIENT).data;
        long bytes = theta.paddedCount() * Float.BYTES;
        for (long from = 0; from < bytes; from += STRIP_BYTES) {
            long some = Math.min(STRIP_BYTES, bytes - from);
            VectorMath.power(theta.data, from, some, alpha - 1, scratch);
            multiplySlopes(alpha, scratch, some, gradient, from);
        }
    }

    private static void multiply(
            MemorySegment theta, long from, long bytes, MemorySegment powers, MemorySegment weight) {
        for (long at = 0; at < bytes; at += BYTES) {
            fromMemorySegment(F, theta, from + at, LITTLE_ENDIAN)
                    .mul(fromMemorySegment(F, powers, at, LITTLE_ENDIAN))
                    .intoMemorySegment(weight, from + at, LITTLE_ENDIAN);
        }
    }

    private static void multiplySlopes(
            float alpha, MemorySegment powers, long bytes, MemorySegment gradient, long from) {
        FloatVector a = FloatVector.broadcast(F, alpha);
        for (long at = 0; at < bytes; at += BYTES) {
            a.mul(fromMemorySegment(F, powers, at, LITTLE_ENDIAN))
                    .mul(fromMemorySegment(F, gradient, from + at, LITTLE_ENDIAN))
                    .intoMemorySegment(gradient, from + at, LITTLE_ENDIAN);
        }
    }
}
