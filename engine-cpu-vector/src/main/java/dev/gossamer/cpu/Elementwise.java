package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
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
        long to = values.address() & USER;
        int vectors = values.vectors();
        for (int i = 0; i < vectors; i++) {
            v.intoMemorySegment(ALL, to + (long) i * BYTES, LITTLE_ENDIAN);
        }
        values.clearOutside();
    }

    static void copy(CpuValues from, CpuValues to) {
        MemorySegment.copy(from.data, 0, to.data, 0, from.paddedCount() * Float.BYTES);
    }

    static void axpy(float alpha, CpuValues x, CpuValues y) {
        axpy(alpha, x.address(), y.address(), x.vectors());
        y.clearOutside();
    }

    private static void axpy(float alpha, long x, long y, int vectors) {
        FloatVector a = FloatVector.broadcast(F, alpha);
        long in = x & USER;
        long out = y & USER;
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            a.fma(fromMemorySegment(F, ALL, in + at, LITTLE_ENDIAN), fromMemorySegment(F, ALL, out + at, LITTLE_ENDIAN))
                    .intoMemorySegment(ALL, out + at, LITTLE_ENDIAN);
        }
    }

    static void multiply(CpuValues x, CpuValues y, CpuValues out) {
        multiply(x.address(), y.address(), out.address(), x.vectors());
    }

    private static void multiply(long x, long y, long to, int vectors) {
        long a = x & USER;
        long b = y & USER;
        long out = to & USER;
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            fromMemorySegment(F, ALL, a + at, LITTLE_ENDIAN)
                    .mul(fromMemorySegment(F, ALL, b + at, LITTLE_ENDIAN))
                    .intoMemorySegment(ALL, out + at, LITTLE_ENDIAN);
        }
    }

    static void addSquare(CpuValues x, CpuValues y) {
        addSquare(x.address(), y.address(), x.vectors());
    }

    private static void addSquare(long x, long y, int vectors) {
        long in = x & USER;
        long out = y & USER;
        for (int i = 0; i < vectors; i++) {
            long at = (long) i * BYTES;
            FloatVector v = fromMemorySegment(F, ALL, in + at, LITTLE_ENDIAN);
            v.fma(v, fromMemorySegment(F, ALL, out + at, LITTLE_ENDIAN))
                    .intoMemorySegment(ALL, out + at, LITTLE_ENDIAN);
        }
    }

    /** Sixteen lanes in ascending order, then added as a tree: the same bits at every width. */
    static float dot(CpuValues x, CpuValues y) {
        float[] lanes = new float[16];
        int sixteens = Math.toIntExact(x.paddedCount() / 16);
        for (int lane = 0; lane < 16; lane += COUNT) {
            dot(x.address() + 4L * lane, y.address() + 4L * lane, sixteens, lanes, lane);
        }
        for (int half = 8; half >= 1; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[0];
    }

    private static void dot(long x, long y, int sixteens, float[] lanes, int lane) {
        long a = x & USER;
        long b = y & USER;
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < sixteens; i++) {
            sum = fromMemorySegment(F, ALL, a + 64L * i, LITTLE_ENDIAN)
                    .fma(fromMemorySegment(F, ALL, b + 64L * i, LITTLE_ENDIAN), sum);
        }
        sum.intoArray(lanes, lane);
    }

    /** Sets +0.0 outside the pattern of dense-masked values. */
    static void applyMask(CpuValues values) {
        applyMask(values.address(), values.vectors(), values.space.plan().bits());
    }

    private static void applyMask(long values, int vectors, long[] bits) {
        long from = values & USER;
        for (int i = 0; i < vectors; i++) {
            long first = (long) i * COUNT;
            VectorMask<Float> drop = VectorMask.fromLong(F, ~bits[(int) (first >>> 6)] >>> first);
            long at = from + (long) i * BYTES;
            fromMemorySegment(F, ALL, at, LITTLE_ENDIAN).blend(0f, drop).intoMemorySegment(ALL, at, LITTLE_ENDIAN);
        }
    }
}
