package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gossamer.cpu.CpuHandles.CpuCell;
import dev.gossamer.cpu.CpuHandles.CpuSamples;
import dev.gossamer.cpu.CpuHandles.CpuStream;
import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.random.Philox;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Batches from bytes: samples lie image by image, activations pixel by pixel. Eight samples by eight pixels are transposed
 * in eight longs, as many of them side by side as a vector holds, and only then widened to floats: at high sparsity this is
 * a large part of a training step.
 *
 * <p>Scratch holds sixteen samples as {@code [half][pixel mod 8][pixel / 8]} longs, a byte per sample of the half: so vectors
 * of longs stay whole through the transposition. Behind it, the same with the halves innermost.
 */
final class Batches {

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private static final VectorShape SHAPE = VectorShape.forBitSize(COUNT * Float.SIZE);
    private static final VectorSpecies<Long> LONGS = SHAPE.withLanes(long.class);

    // Widening takes sixteen bytes, as many vectors of floats as that makes.
    private static final VectorSpecies<Byte> SIXTEEN = ByteVector.SPECIES_128;
    private static final VectorSpecies<Integer> INTS = SHAPE.withLanes(int.class);

    // Pairs of ints are what moves, not longs: C2 has no rearrange of two lanes, which is how many longs 128 bits hold.
    private static final VectorShuffle<Integer> TWICE_LOW = VectorShuffle.fromOp(INTS, Batches::twice);
    private static final VectorShuffle<Integer> TWICE_HIGH =
            VectorShuffle.fromOp(INTS, lane -> COUNT / 2 + twice(lane));
    private static final VectorMask<Integer> ODD = VectorMask.fromLong(INTS, 0xCCCCCCCCCCCCCCCCL);

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** The order of samples that lie one after the other. */
    private static final int[] ASCENDING = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    private Batches() {}

    /** Lane of a vector of pairs that is made by taking the pairs of the lower half twice each. */
    private static int twice(int lane) {
        return lane / 4 * 2 + lane % 2;
    }

    /** Bytes of scratch for sixteen samples. */
    private static long scratchBytes(int pixels) {
        return 2 * 16L * Long.BYTES * longs(pixels);
    }

    /** Longs per pixel number modulo 8, whole vectors of them. */
    private static int longs(int pixels) {
        int needed = (pixels + 7) / 8;
        return (needed + LONGS.length() - 1) / LONGS.length() * LONGS.length();
    }

    static void next(
            CpuWorkspace workspace,
            CpuSamples samples,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            int[] order,
            CpuCell position,
            CpuTensor x,
            int[] classes) {
        MemorySegment scratch = workspace.scratch(Scratch.PANELS, scratchBytes(x.features));
        int first = (int) position.value;
        check(samples, order, first, x.batch);
        for (int i = 0; i < x.batch; i++) {
            classes[i] = samples.labels().get(BYTE, order[first + i]) & 0xFF;
        }
        for (int column = 0; column < x.batch; column += 16) {
            int columns = Math.min(16, x.batch - column);
            if (augmentation == null) {
                transpose(samples.images(), order, first + column, columns, x.features, scratch);
            } else {
                MemorySegment seen = workspace.scratch(Scratch.TILES, 16L * x.features);
                for (int i = 0; i < columns; i++) {
                    int number = first + column + i;
                    augment(samples, order[number], augmentation, number, seen, (long) i * x.features);
                }
                transpose(seen, ASCENDING, 0, columns, x.features, scratch);
            }
            interleave(scratch, longs(x.features));
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

    /** A sample's bytes, cropped and perhaps mirrored, by what is drawn for its number in the epoch. */
    private static void augment(
            CpuSamples samples, int sample, Augmentation how, int number, MemorySegment to, long at) {
        Shape one = samples.one();
        CpuStream stream = (CpuStream) how.stream();
        Philox.block(stream.key, number, stream.step, how.site(), stream.words, 0);
        int down = offset(Philox.word(stream.words, 0, 0), how.padding());
        int right = offset(Philox.word(stream.words, 0, 1), how.padding());
        boolean mirrored = how.flip() && Philox.word(stream.words, 0, 2) >>> 31 == 1;
        int width = one.width();
        int seen = Math.max(0, width - Math.abs(right));
        for (int row = 0; row < one.channels() * one.height(); row++) {
            int y = row % one.height() + down;
            long line = at + (long) row * width;
            if (y < 0 || y >= one.height() || seen == 0) {
                blacken(to, line, width);
                continue;
            }
            long from = (long) sample * one.features() + (long) (row + down) * width;
            MemorySegment.copy(samples.images(), from + Math.max(0, right), to, line + Math.max(0, -right), seen);
            blacken(to, right < 0 ? line : line + seen, width - seen);
            if (mirrored) {
                mirror(to, line, width);
            }
        }
    }

    /** {@code -padding} to {@code padding}. */
    private static int offset(long word, int padding) {
        return (int) ((word * (2L * padding + 1)) >>> 32) - padding;
    }

    private static void blacken(MemorySegment bytes, long from, int count) {
        for (int i = 0; i < count; i++) {
            bytes.set(BYTE, from + i, (byte) 0);
        }
    }

    /** Reverses bytes, by eights from both ends as long as these do not meet. */
    private static void mirror(MemorySegment bytes, long from, int count) {
        long low = from;
        long high = from + count;
        for (; high - low >= 16; low += 8, high -= 8) {
            long start = bytes.get(LONG, low);
            bytes.set(LONG, low, Long.reverseBytes(bytes.get(LONG, high - 8)));
            bytes.set(LONG, high - 8, Long.reverseBytes(start));
        }
        for (; high - low >= 2; low++, high--) {
            byte start = bytes.get(BYTE, low);
            bytes.set(BYTE, low, bytes.get(BYTE, high - 1));
            bytes.set(BYTE, high - 1, start);
        }
    }

    /** Up to 16 samples into scratch; what the second half holds where they are at most eight is not looked at. */
    private static void transpose(
            MemorySegment images, int[] order, int first, int columns, int pixels, MemorySegment scratch) {
        int longs = longs(pixels);
        for (int half = 0; half < columns; half += 8) {
            int count = Math.min(8, columns - half);
            long base = (long) half * longs * Long.BYTES;
            int done = 0;
            if (pixels / 8 >= LONGS.length()) {
                done = pixels / 8 * 8;
                long to = Raw.address(scratch, base, 8L * longs * Long.BYTES);
                eight(images, order, first + half, count, pixels, to, longs);
            }
            for (int i = 0; i < count; i++) {
                long from = (long) order[first + half + i] * pixels;
                for (int p = done; p < pixels; p++) {
                    long to = base + ((long) (p & 7) * longs + (p >>> 3)) * Long.BYTES + i;
                    scratch.set(BYTE, to, images.get(BYTE, from + p));
                }
            }
        }
    }

    /**
     * Rows of eight pixels become rows of eight samples: swap bytes, then pairs, then halves. Where there are fewer samples the
     * last one stands for those that are missing, and behind the batch lanes are cleared anyway.
     */
    private static void eight(
            MemorySegment images, int[] order, int first, int count, int pixels, long scratch, int longs) {
        long row = (long) longs * Long.BYTES;
        for (int i = 0; i < 8; i += 2) {
            long even = Raw.address(images, (long) order[first + Math.min(i, count - 1)] * pixels, pixels);
            long odd = Raw.address(images, (long) order[first + Math.min(i + 1, count - 1)] * pixels, pixels);
            swap(even, odd, scratch + i * row, scratch + (i + 1) * row, pixels / 8, 8, 0x00FF00FF00FF00FFL);
        }
        for (int i = 0; i < 8; i += i % 4 == 1 ? 3 : 1) {
            long low = scratch + i * row;
            swap(low, low + 2 * row, low, low + 2 * row, longs, 16, 0x0000FFFF0000FFFFL);
        }
        for (int i = 0; i < 4; i++) {
            long low = scratch + i * row;
            swap(low, low + 4 * row, low, low + 4 * row, longs, 32, 0x00000000FFFFFFFFL);
        }
    }

    /**
     * Exchanges the odd fields of x with the even ones of y; fields are {@code width} bits, the mask selects the even ones.
     * The last vector may overlap the one before it, so that only whole ones are read and written: in place, {@code longs}
     * must be a multiple of a vector's.
     */
    private static void swap(long xs, long ys, long toX, long toY, int longs, int width, long even) {
        LongVector evens = LongVector.broadcast(LONGS, even);
        for (int i = 0; i < longs; i += LONGS.length()) {
            long at = (long) Math.min(i, longs - LONGS.length()) * Long.BYTES;
            LongVector x = LongVector.fromMemorySegment(LONGS, ALL, (xs + at) & USER, LITTLE_ENDIAN);
            LongVector y = LongVector.fromMemorySegment(LONGS, ALL, (ys + at) & USER, LITTLE_ENDIAN);
            LongVector changed = x.lanewise(VectorOperators.LSHR, width)
                    .lanewise(VectorOperators.XOR, y)
                    .and(evens);
            y.lanewise(VectorOperators.XOR, changed).intoMemorySegment(ALL, (toY + at) & USER, LITTLE_ENDIAN);
            x.lanewise(VectorOperators.XOR, changed.lanewise(VectorOperators.LSHL, width))
                    .intoMemorySegment(ALL, (toX + at) & USER, LITTLE_ENDIAN);
        }
    }

    /** Both halves' longs side by side, so that a pixel's sixteen samples are. */
    private static void interleave(MemorySegment scratch, int longs) {
        long half = 8L * Long.BYTES * longs;
        interleave(
                Raw.address(scratch, 0, half),
                Raw.address(scratch, half, half),
                8 * longs,
                Raw.address(scratch, 2 * half, 2 * half),
                TWICE_LOW,
                TWICE_HIGH,
                ODD);
    }

    private static void interleave(
            long lows,
            long highs,
            int longs,
            long to,
            VectorShuffle<Integer> twiceLow,
            VectorShuffle<Integer> twiceHigh,
            VectorMask<Integer> odd) {
        for (int i = 0; i < longs; i += LONGS.length()) {
            long at = (long) i * Long.BYTES;
            long out = (to + 2 * at) & USER;
            IntVector low = IntVector.fromMemorySegment(INTS, ALL, (lows + at) & USER, LITTLE_ENDIAN);
            IntVector high = IntVector.fromMemorySegment(INTS, ALL, (highs + at) & USER, LITTLE_ENDIAN);
            low.rearrange(twiceLow).blend(high.rearrange(twiceLow), odd).intoMemorySegment(ALL, out, LITTLE_ENDIAN);
            low.rearrange(twiceHigh)
                    .blend(high.rearrange(twiceHigh), odd)
                    .intoMemorySegment(ALL, out + Lanes.BYTES, LITTLE_ENDIAN);
        }
    }

    private static void widen(MemorySegment scratch, PixelTransform transform, int plane, CpuTensor x, int column) {
        int longs = longs(x.features);
        long whole = scratchBytes(x.features);
        long from = Raw.address(scratch, whole / 2, whole / 2);
        long to = Raw.address(x.data, x.base(column), (x.positions - 1) * x.rowStride() + 64);
        int step = Math.toIntExact(x.rowStride());
        for (int channel = 0; channel < transform.channels(); channel++) {
            float scale = transform.scale().get(channel);
            float shift = transform.shift().get(channel);
            // Pixels follow each other without a halo, else row by row of x, whose rows need not be the samples'.
            int end = (channel + 1) * plane;
            int width = x.shape().width();
            int run;
            for (int first = channel * plane; first < end; first += run) {
                run = x.halo == 0 ? plane : Math.min(width - first % width, end - first);
                long start = to + (x.position(first) - first) * x.rowStride();
                widen(from, longs, first, first + run, scale, shift, start, step);
            }
        }
    }

    /** Pixels {@code first .. end - 1}, sixteen samples each: a line of the output is written in one go. */
    private static void widen(long from, int longs, int first, int end, float scale, float shift, long to, int step) {
        FloatVector times = FloatVector.broadcast(F, scale);
        FloatVector plus = FloatVector.broadcast(F, shift);
        for (int p = first; p < end; p++) {
            long in = (from + 2 * ((long) (p & 7) * longs + (p >>> 3)) * Long.BYTES) & USER;
            long out = (to + (long) p * step) & USER;
            ByteVector bytes = ByteVector.fromMemorySegment(SIXTEEN, ALL, in, LITTLE_ENDIAN);
            for (int part = 0; part < 16 / COUNT; part++) {
                IntVector ints = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
                FloatVector pixels = (FloatVector) ints.convert(VectorOperators.I2F, 0);
                pixels.fma(times, plus).intoMemorySegment(ALL, out + (long) part * Lanes.BYTES, LITTLE_ENDIAN);
            }
        }
    }
}
