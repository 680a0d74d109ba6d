package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Geometry;
import java.lang.foreign.MemorySegment;

/** Copies of parts of a matrix, times alpha, into panels that a kernel reads from front to back. Ranges are checked once. */
final class Packing {

    private Packing() {}

    /** {@code depth} rows, two vectors of adjacent columns each. */
    static void rows(
            MemorySegment from, long at, long rowStride, int depth, float alpha, MemorySegment to, long start) {
        long in = Raw.address(from, at, (depth - 1) * rowStride + 2L * BYTES);
        long out = Raw.address(to, start, 2L * BYTES * depth);
        for (int k = 0; k < depth; k++) {
            long source = in & USER;
            long target = out & USER;
            fromMemorySegment(F, ALL, source, LITTLE_ENDIAN).mul(alpha).intoMemorySegment(ALL, target, LITTLE_ENDIAN);
            fromMemorySegment(F, ALL, source + BYTES, LITTLE_ENDIAN)
                    .mul(alpha)
                    .intoMemorySegment(ALL, target + BYTES, LITTLE_ENDIAN);
            in += rowStride;
            out += 2L * BYTES;
        }
    }

    /** Weights {@code [out][in][kernel]} as {@code [in][out][tap]}, the given taps of the kernel only. */
    static void turn(MemorySegment from, Geometry geometry, int[] taps, MemorySegment to, long start) {
        if (taps.length == 0) {
            return;
        }
        int kernel = geometry.kernelHeight() * geometry.kernelWidth();
        int outs = geometry.outChannels();
        int ins = geometry.inChannels();
        long source = Raw.address(from, 0, 4L * outs * ins * kernel);
        long target = Raw.address(to, start, 4L * outs * ins * taps.length);
        for (int out = 0; out < outs; out++) {
            for (int in = 0; in < ins; in++) {
                long row = (source + 4L * kernel * ((long) out * ins + in)) & USER;
                long turned = (target + 4L * taps.length * ((long) in * outs + out)) & USER;
                for (int t = 0; t < taps.length; t++) {
                    ALL.set(UNCHECKED, turned + 4L * t, ALL.get(UNCHECKED, row + 4L * taps[t]));
                }
            }
        }
    }

    /**
     * {@code depth} rows of {@code width} columns with any strides, to rows {@code pitch} bytes apart. Four columns at a time:
     * where columns are far apart, a row would touch more lines of one set of the cache than it holds.
     */
    static void columns(
            MemorySegment from,
            long at,
            long rowStride,
            long colStride,
            int depth,
            int width,
            float alpha,
            MemorySegment to,
            long start,
            long pitch) {
        long in = Raw.address(from, at, (depth - 1) * rowStride + (width - 1) * colStride + Float.BYTES);
        long out = Raw.address(to, start, (depth - 1) * pitch + 4L * width);
        int column = 0;
        for (; column + 4 <= width; column += 4) {
            four(in + column * colStride, rowStride, colStride, depth, alpha, out + 4L * column, pitch);
        }
        for (; column < width; column++) {
            long source = in + column * colStride;
            long target = out + 4L * column;
            for (int k = 0; k < depth; k++) {
                ALL.set(UNCHECKED, target & USER, alpha * ALL.get(UNCHECKED, source & USER));
                source += rowStride;
                target += pitch;
            }
        }
    }

    private static void four(
            long source, long rowStride, long colStride, int depth, float alpha, long target, long pitch) {
        long in = source;
        long out = target;
        for (int k = 0; k < depth; k++) {
            long to = out & USER;
            ALL.set(UNCHECKED, to, alpha * ALL.get(UNCHECKED, in & USER));
            ALL.set(UNCHECKED, to + 4, alpha * ALL.get(UNCHECKED, (in + colStride) & USER));
            ALL.set(UNCHECKED, to + 8, alpha * ALL.get(UNCHECKED, (in + 2 * colStride) & USER));
            ALL.set(UNCHECKED, to + 12, alpha * ALL.get(UNCHECKED, (in + 3 * colStride) & USER));
            in += rowStride;
            out += pitch;
        }
    }
}
