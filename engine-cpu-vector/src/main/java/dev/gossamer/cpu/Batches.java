package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gossamer.cpu.CpuHandles.CpuCell;
import dev.gossamer.cpu.CpuHandles.CpuSamples;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Batches from bytes: samples lie image by image, activations pixel by pixel. Eight samples by eight pixels are transposed
 * in eight longs, and only then widened to floats: at high sparsity this is the largest part of a training step.
 */
final class Batches {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private static final VectorSpecies<Byte> SIXTEEN = ByteVector.SPECIES_128;
    private static final VectorSpecies<Integer> INTS =
            VectorShape.forBitSize(Lanes.COUNT * Integer.SIZE).withLanes(int.class);

    private Batches() {}

    static void next(
            CpuSamples samples,
            PixelTransform transform,
            int[] order,
            CpuCell position,
            CpuTensor x,
            int[] classes,
            MemorySegment scratch) {
        int first = (int) position.value;
        check(samples, order, first, x.batch);
        for (int i = 0; i < x.batch; i++) {
            classes[i] = samples.labels().get(BYTE, order[first + i]) & 0xFF;
        }
        for (int column = 0; column < x.batch; column += 16) {
            int columns = Math.min(16, x.batch - column);
            transpose(samples.images(), order, first + column, columns, x.features, scratch);
            widen(scratch, transform, samples.one().height() * samples.one().width(), x, column);
        }
        x.clearTail();
        position.value = first + x.batch;
    }

    private static void check(CpuSamples samples, int[] order, int first, int batch) {
        if (first < 0 || first + batch > order.length) {
            throw new IllegalArgumentException(
                    "The batch " + first + " .. " + (first + batch) + " lies outside the order of " + order.length
                            + " samples; reset the position at the start of an epoch");
        }
        for (int i = first; i < first + batch; i++) {
            if (order[i] < 0 || order[i] >= samples.count()) {
                throw new IllegalArgumentException(
                        "The order names sample " + order[i] + "; the data set has " + samples.count());
            }
        }
    }

    /** Up to 16 samples into {@code scratch[pixel][16]} bytes. */
    private static void transpose(
            MemorySegment images, int[] order, int first, int columns, int pixels, MemorySegment scratch) {
        for (int half = 0; half < columns; half += 8) {
            int count = Math.min(8, columns - half);
            int pixel = 0;
            if (count == 8) {
                for (; pixel + 8 <= pixels; pixel += 8) {
                    eightByEight(images, order, first + half, pixels, pixel, scratch, half);
                }
            }
            for (int i = 0; i < count; i++) {
                long from = (long) order[first + half + i] * pixels;
                for (int p = pixel; p < pixels; p++) {
                    scratch.set(BYTE, 16L * p + half + i, images.get(BYTE, from + p));
                }
            }
        }
    }

    /** Rows of eight pixels become rows of eight samples: swap bytes, then pairs, then halves. */
    private static void eightByEight(
            MemorySegment images, int[] order, int first, int pixels, int pixel, MemorySegment scratch, int half) {
        long a = images.get(LONG, (long) order[first] * pixels + pixel);
        long b = images.get(LONG, (long) order[first + 1] * pixels + pixel);
        long c = images.get(LONG, (long) order[first + 2] * pixels + pixel);
        long d = images.get(LONG, (long) order[first + 3] * pixels + pixel);
        long e = images.get(LONG, (long) order[first + 4] * pixels + pixel);
        long f = images.get(LONG, (long) order[first + 5] * pixels + pixel);
        long g = images.get(LONG, (long) order[first + 6] * pixels + pixel);
        long h = images.get(LONG, (long) order[first + 7] * pixels + pixel);
        long even = 0x00FF00FF00FF00FFL;
        long ab = low(a, b, even, 8);
        long ba = high(a, b, even, 8);
        long cd = low(c, d, even, 8);
        long dc = high(c, d, even, 8);
        long ef = low(e, f, even, 8);
        long fe = high(e, f, even, 8);
        long gh = low(g, h, even, 8);
        long hg = high(g, h, even, 8);
        // ab holds pixels 0, 2, 4, 6 of samples a and b; ba the odd ones; and so on.
        four(ab, cd, ef, gh, pixel, scratch, half);
        four(ba, dc, fe, hg, pixel + 1, scratch, half);
    }

    /** Pixels p, p+2, p+4, p+6 from four longs of sample pairs. */
    private static void four(long ab, long cd, long ef, long gh, int pixel, MemorySegment scratch, int half) {
        long even = 0x0000FFFF0000FFFFL;
        long abcd04 = low(ab, cd, even, 16);
        long abcd26 = high(ab, cd, even, 16);
        long efgh04 = low(ef, gh, even, 16);
        long efgh26 = high(ef, gh, even, 16);
        long lower = 0xFFFFFFFFL;
        long at = 16L * pixel + half;
        scratch.set(LONG, at, low(abcd04, efgh04, lower, 32));
        scratch.set(LONG, at + 64, high(abcd04, efgh04, lower, 32));
        scratch.set(LONG, at + 32, low(abcd26, efgh26, lower, 32));
        scratch.set(LONG, at + 96, high(abcd26, efgh26, lower, 32));
    }

    /** The even fields of both, interleaved; fields are {@code width} bits, the mask selects the even ones. */
    private static long low(long x, long y, long even, int width) {
        return (x & even) | ((y & even) << width);
    }

    /** The odd fields of both, interleaved. */
    private static long high(long x, long y, long even, int width) {
        return ((x >>> width) & even) | (y & ~even);
    }

    private static void widen(MemorySegment scratch, PixelTransform transform, int plane, CpuTensor x, int column) {
        for (int channel = 0; channel < transform.channels(); channel++) {
            FloatVector scale = FloatVector.broadcast(F, transform.scale().get(channel));
            FloatVector shift = FloatVector.broadcast(F, transform.shift().get(channel));
            long at = x.offset(channel * plane, column);
            for (int row = channel * plane; row < (channel + 1) * plane; row++) {
                ByteVector bytes = ByteVector.fromMemorySegment(SIXTEEN, scratch, 16L * row, LITTLE_ENDIAN);
                for (int part = 0; part < 16 / COUNT; part++) {
                    IntVector ints = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
                    FloatVector pixels = (FloatVector) ints.convert(VectorOperators.I2F, 0);
                    pixels.fma(scale, shift).intoMemorySegment(x.data, at + (long) part * Lanes.BYTES, LITTLE_ENDIAN);
                }
                at += x.rowStride();
            }
        }
    }
}
