package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.BITS;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.CpuHandles.CpuStream;
import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/**
 * Inverted dropout, and the addition of branches that it shares its end with. What is kept is drawn as bits first, for some
 * channels at a time, in the order of features and samples that the generator counts by.
 */
final class Dropout {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    /** Elements whose bits are drawn together, if that is a channel at least: 8 KiB of bits. */
    private static final int DRAWN = 64 * 1024;

    private Dropout() {}

    static void add(CpuWorkspace workspace, CpuTensor x, float beta, CpuTensor y, @Nullable CpuMask mask) {
        int parts = Sixteens.parts(workspace, x.shape().size());
        if (parts == 1) {
            add(x, beta, y, mask, 0, x.positions);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> add(
                                    x,
                                    beta,
                                    y,
                                    mask,
                                    Sixteens.cut(x.positions, part, of),
                                    Sixteens.cut(x.positions, part + 1, of)));
        }
        y.clearTail();
    }

    /** Positions {@code from .. to - 1}, the halo among them: 0 plus 0 is +0.0. */
    private static void add(CpuTensor x, float beta, CpuTensor y, @Nullable CpuMask mask, int from, int to) {
        int columns = Sixteens.columns(x, y);
        int count = (to - from) * (columns / 16);
        int xStep = Sixteens.step(x, columns);
        int yStep = Sixteens.step(y, columns);
        for (int column = 0; column < x.batch && count > 0; column += columns) {
            long in = Raw.address(x.data, x.offset(from, column), (count - 1L) * xStep + 64);
            long out = Raw.address(y.data, y.offset(from, column), (count - 1L) * yStep + 64);
            long bits = Sixteens.bits(mask, from, column, to - from);
            int maskStep = Sixteens.maskStep(mask);
            int low = Sixteens.low(mask, columns);
            if (beta == 0) {
                copy(count, in, xStep, out, yStep, bits, maskStep, Sixteens.shift(columns), low);
            } else {
                add(count, in, xStep, beta, out, yStep, bits, maskStep, Sixteens.shift(columns), low);
            }
        }
    }

    static void dropout(
            CpuWorkspace workspace,
            CpuTensor x,
            float rate,
            CpuStream stream,
            int site,
            float beta,
            CpuTensor y,
            @Nullable CpuMask mask) {
        int channels = x.shape().channels();
        int parts = Sixteens.parts(workspace, x.shape().size());
        long bytes = drawnBytes(x.shape());
        MemorySegment drawn = workspace.scratch(Scratch.TILES, parts * bytes);
        if (parts == 1) {
            dropout(x, rate, stream, site, beta, y, mask, 0, channels, drawn, 0);
        } else {
            workspace.workers().run(parts, (part, of) -> {
                int from = Sixteens.cut(channels, part, of);
                int to = Sixteens.cut(channels, part + 1, of);
                dropout(x, rate, stream, site, beta, y, mask, from, to, drawn, part * bytes);
            });
        }
        y.clearTail();
    }

    /** Channels whose bits are drawn together. */
    private static int together(Shape shape) {
        long each = (long) shape.height() * shape.width() * shape.batch();
        return Math.toIntExact(Math.clamp(DRAWN / Math.max(each, 1), 1, shape.channels()));
    }

    /** Whole lines, so that threads do not share one; and four elements more at each end, since blocks are drawn whole. */
    private static long drawnBytes(Shape shape) {
        long elements = (long) together(shape) * shape.height() * shape.width() * shape.batch();
        return (PhiloxBits.sizeBytes(elements + 8) + Integer.BYTES + 63) / 64 * 64;
    }

    private static void dropout(
            CpuTensor x,
            float rate,
            CpuStream stream,
            int site,
            float beta,
            CpuTensor y,
            @Nullable CpuMask mask,
            int from,
            int to,
            MemorySegment drawn,
            long at) {
        Shape shape = x.shape();
        int plane = shape.height() * shape.width();
        int together = together(shape);
        // Below 2^32, as the rate is a float below 1.
        int least = (int) (long) Math.ceil(rate * 0x1p32);
        long bits = Raw.address(drawn, at, drawnBytes(shape));
        for (int channel = from; channel < to; channel += together) {
            int end = Math.min(to, channel + together);
            long first = (long) channel * plane * x.batch;
            long last = (long) end * plane * x.batch;
            long block = first / 4;
            int blocks = Math.toIntExact((last + 3) / 4 - block);
            PhiloxBits.atLeast(stream.key, stream.step, site, block, blocks, least, bits);
            // Without a halo features follow each other, else row by row.
            int run = x.halo == 0 ? (end - channel) * plane : shape.width();
            for (int feature = channel * plane; feature < end * plane; feature += run) {
                long bit = (long) feature * x.batch - 4 * block;
                drop(x, 1f / (1f - rate), bits, Math.toIntExact(bit), beta, y, mask, feature, run);
            }
        }
    }

    /** Features that lie side by side; the bit of the first one's first sample is number {@code bit}. */
    private static void drop(
            CpuTensor x,
            float scale,
            long kept,
            int bit,
            float beta,
            CpuTensor y,
            @Nullable CpuMask mask,
            int feature,
            int features) {
        int position = x.position(feature);
        int columns = Sixteens.columns(x, y);
        int shift = Sixteens.shift(columns);
        int count = features << shift;
        int xStep = Sixteens.step(x, columns);
        int yStep = Sixteens.step(y, columns);
        int maskStep = Sixteens.maskStep(mask);
        int low = Sixteens.low(mask, columns);
        for (int column = 0; column < x.batch; column += columns) {
            long in = Raw.address(x.data, x.offset(position, column), (count - 1L) * xStep + 64);
            long out = Raw.address(y.data, y.offset(position, column), (count - 1L) * yStep + 64);
            long bits = Sixteens.bits(mask, position, column, features);
            if (beta == 0) {
                drop(count, in, xStep, scale, kept, bit + column, x.batch, out, yStep, bits, maskStep, shift, low);
            } else {
                dropAdd(
                        count,
                        in,
                        xStep,
                        scale,
                        kept,
                        bit + column,
                        x.batch,
                        beta,
                        out,
                        yStep,
                        bits,
                        maskStep,
                        shift,
                        low);
            }
        }
    }

    // Kernels over sixteens, see Sixteens.

    private static void copy(
            int count, long x, int xStep, long y, int yStep, long mask, int maskStep, int shift, int low) {
        for (int i = 0; i < count; i++) {
            int dropped = ~ALL.get(BITS, (mask + (long) (i >> shift) * maskStep + 2L * (i & low)) & USER);
            long in = (x + (long) i * xStep) & USER;
            long out = (y + (long) i * yStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                VectorMask<Float> drop = VectorMask.fromLong(F, dropped >>> lane);
                fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN)
                        .blend(0f, drop)
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    private static void add(
            int count, long x, int xStep, float beta, long y, int yStep, long mask, int maskStep, int shift, int low) {
        FloatVector scale = FloatVector.broadcast(F, beta);
        for (int i = 0; i < count; i++) {
            int dropped = ~ALL.get(BITS, (mask + (long) (i >> shift) * maskStep + 2L * (i & low)) & USER);
            long in = (x + (long) i * xStep) & USER;
            long out = (y + (long) i * yStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                VectorMask<Float> drop = VectorMask.fromLong(F, dropped >>> lane);
                fromMemorySegment(F, ALL, out + 4L * lane, LITTLE_ENDIAN)
                        .fma(scale, fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN))
                        .blend(0f, drop)
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    private static void drop(
            int count,
            long x,
            int xStep,
            float scale,
            long kept,
            int bit,
            int batch,
            long y,
            int yStep,
            long mask,
            int maskStep,
            int shift,
            int low) {
        int others = (1 << shift) - 1;
        for (int i = 0; i < count; i++) {
            int number = bit + (i >> shift) * batch + 16 * (i & others);
            int drawn = ALL.get(INT, (kept + (number >>> 3)) & USER) >>> (number & 7);
            int dropped = ~(drawn & ALL.get(BITS, (mask + (long) (i >> shift) * maskStep + 2L * (i & low)) & USER));
            long in = (x + (long) i * xStep) & USER;
            long out = (y + (long) i * yStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                VectorMask<Float> drop = VectorMask.fromLong(F, dropped >>> lane);
                fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN)
                        .mul(scale)
                        .blend(0f, drop)
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    private static void dropAdd(
            int count,
            long x,
            int xStep,
            float scale,
            long kept,
            int bit,
            int batch,
            float beta,
            long y,
            int yStep,
            long mask,
            int maskStep,
            int shift,
            int low) {
        int others = (1 << shift) - 1;
        FloatVector times = FloatVector.broadcast(F, beta);
        for (int i = 0; i < count; i++) {
            int number = bit + (i >> shift) * batch + 16 * (i & others);
            int drawn = ALL.get(INT, (kept + (number >>> 3)) & USER) >>> (number & 7);
            int stopped = ~ALL.get(BITS, (mask + (long) (i >> shift) * maskStep + 2L * (i & low)) & USER);
            long in = (x + (long) i * xStep) & USER;
            long out = (y + (long) i * yStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                FloatVector scaled = fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN)
                        .mul(scale)
                        .blend(0f, VectorMask.fromLong(F, ~drawn >>> lane));
                fromMemorySegment(F, ALL, out + 4L * lane, LITTLE_ENDIAN)
                        .fma(times, scaled)
                        .blend(0f, VectorMask.fromLong(F, stopped >>> lane))
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }
}
