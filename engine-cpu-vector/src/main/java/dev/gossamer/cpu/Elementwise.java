package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Elementwise ops over whole, padded storage: +0.0 outside the pattern stays +0.0 or is restored. */
final class Elementwise {

    private Elementwise() {}

    static void fill(CpuValues values, float value) {
        FloatVector v = FloatVector.broadcast(F, value);
        for (long at = 0; at < bytes(values); at += BYTES) {
            v.intoMemorySegment(values.data, at, LITTLE_ENDIAN);
        }
        values.clearOutside();
    }

    static void copy(CpuValues from, CpuValues to) {
        MemorySegment.copy(from.data, 0, to.data, 0, bytes(from));
    }

    static void axpy(float alpha, CpuValues x, CpuValues y) {
        FloatVector a = FloatVector.broadcast(F, alpha);
        for (long at = 0; at < bytes(x); at += BYTES) {
            a.fma(fromMemorySegment(F, x.data, at, LITTLE_ENDIAN), fromMemorySegment(F, y.data, at, LITTLE_ENDIAN))
                    .intoMemorySegment(y.data, at, LITTLE_ENDIAN);
        }
        y.clearOutside();
    }

    static void multiply(CpuValues x, CpuValues y, CpuValues out) {
        for (long at = 0; at < bytes(x); at += BYTES) {
            fromMemorySegment(F, x.data, at, LITTLE_ENDIAN)
                    .mul(fromMemorySegment(F, y.data, at, LITTLE_ENDIAN))
                    .intoMemorySegment(out.data, at, LITTLE_ENDIAN);
        }
    }

    static void addSquare(CpuValues x, CpuValues y) {
        for (long at = 0; at < bytes(x); at += BYTES) {
            FloatVector v = fromMemorySegment(F, x.data, at, LITTLE_ENDIAN);
            v.fma(v, fromMemorySegment(F, y.data, at, LITTLE_ENDIAN)).intoMemorySegment(y.data, at, LITTLE_ENDIAN);
        }
    }

    /** Sixteen lanes in ascending order, then added as a tree: the same bits at every width. */
    static float dot(CpuValues x, CpuValues y) {
        float[] lanes = new float[16];
        for (int lane = 0; lane < 16; lane += COUNT) {
            FloatVector sum = FloatVector.zero(F);
            for (long at = 4L * lane; at < bytes(x); at += 64) {
                sum = fromMemorySegment(F, x.data, at, LITTLE_ENDIAN)
                        .fma(fromMemorySegment(F, y.data, at, LITTLE_ENDIAN), sum);
            }
            sum.intoArray(lanes, lane);
        }
        for (int half = 8; half >= 1; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[0];
    }

    /** Sets +0.0 outside the pattern of dense-masked values. */
    static void applyMask(CpuValues values) {
        long[] bits = values.space.plan().bits();
        long count = values.paddedCount();
        for (long p = 0; p < count; p += COUNT) {
            VectorMask<Float> keep = VectorMask.fromLong(F, bits[(int) (p >>> 6)] >>> p);
            long at = p * Float.BYTES;
            FloatVector.zero(F)
                    .blend(fromMemorySegment(F, values.data, at, LITTLE_ENDIAN), keep)
                    .intoMemorySegment(values.data, at, LITTLE_ENDIAN);
        }
    }

    private static long bytes(CpuValues values) {
        return values.paddedCount() * Float.BYTES;
    }
}
