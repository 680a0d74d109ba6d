package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.BITS;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Max and average pools, sixteen columns of the batch and a row of the plane at a time. Windows are clipped to the plane; the
 * halo is not read. Gradients are gathered: each element of the unpooled side sums over the windows that it lies in, in
 * ascending order, and is written once. Threads share channels.
 */
final class Pool {

    private static final VectorShape SHAPE = VectorShape.forBitSize(COUNT * Float.SIZE);
    private static final VectorSpecies<Integer> INTS = SHAPE.withLanes(int.class);

    /** As many bytes as a vector has floats, or eight, the fewest that there are. */
    private static final VectorSpecies<Byte> BYTES =
            VectorShape.forBitSize(Math.max(64, COUNT * Byte.SIZE)).withLanes(byte.class);

    private static final ValueLayout.OfInt FOUR = ValueLayout.JAVA_INT_UNALIGNED;

    /** The window with a kernel of its own: that of nearly all networks with max pools. */
    private static final Window TWO = Window.square(2);

    private Pool() {}

    static void max(CpuWorkspace workspace, CpuTensor x, Window window, CpuTensor y, @Nullable CpuIndices chosen) {
        int channels = x.shape().channels();
        int parts = Sixteens.parts(workspace, x.shape().size());
        MemorySegment unwanted = workspace.scratch(CpuWorkspace.Scratch.TILES, 64L * parts);
        if (parts == 1) {
            max(x, window, y, chosen, 0, channels, unwanted, 0);
        } else {
            workspace.workers().run(parts, (part, of) -> {
                int from = Sixteens.cut(channels, part, of);
                max(x, window, y, chosen, from, Sixteens.cut(channels, part + 1, of), unwanted, 64L * part);
            });
        }
        y.clearTail();
    }

    private static void max(
            CpuTensor x,
            Window window,
            CpuTensor y,
            @Nullable CpuIndices chosen,
            int from,
            int to,
            MemorySegment unwanted,
            long at) {
        int height = y.shape().height();
        int indexStep = chosen == null ? 0 : chosen.step();
        int indexPitch = y.shape().width() * indexStep;
        for (int row = from * height; row < to * height; row++) {
            int channel = row / height;
            int oy = row % height;
            for (int column = 0; column < x.batch; column += 16) {
                long in = Sixteens.plane(x, channel, column, 16);
                long out = Sixteens.plane(y, channel, column, 16) + (long) oy * Sixteens.pitch(y);
                long indices = chosen == null
                        ? Raw.address(unwanted, at, 64)
                        : chosen.plane(channel, column) + (long) oy * indexPitch;
                if (window.equals(TWO)) {
                    in += 2L * oy * Sixteens.pitch(x);
                    largestOfFour(
                            y.shape().width(), in, stepOf(x), Sixteens.pitch(x), out, stepOf(y), indices, indexStep);
                } else {
                    largest(
                            y.shape().width(),
                            window.height(),
                            window.width(),
                            window.stride(),
                            window.padding(),
                            oy * window.stride() - window.padding(),
                            x.shape().height(),
                            x.shape().width(),
                            in,
                            stepOf(x),
                            Sixteens.pitch(x),
                            out,
                            stepOf(y),
                            indices,
                            indexStep);
                }
            }
        }
    }

    /** One number after the other: each lane has a place of its own to read from. */
    static void maxTangent(CpuIndices chosen, Window window, CpuTensor xDot, CpuTensor yDot) {
        int height = yDot.shape().height();
        int width = yDot.shape().width();
        for (int row = 0; row < yDot.shape().channels() * height; row++) {
            int channel = row / height;
            int top = row % height * window.stride() - window.padding();
            for (int column = 0; column < yDot.batch; column += 16) {
                long in = Sixteens.plane(xDot, channel, column, 16) + (long) top * Sixteens.pitch(xDot);
                long out = Sixteens.plane(yDot, channel, column, 16) + (long) (row % height) * Sixteens.pitch(yDot);
                long indices = chosen.plane(channel, column) + (long) (row % height) * width * chosen.step();
                for (int o = 0; o < width; o++) {
                    int left = o * window.stride() - window.padding();
                    taken(
                            Math.min(16, yDot.batch - column),
                            window.width(),
                            top,
                            left,
                            xDot.shape(),
                            in + (long) left * stepOf(xDot),
                            stepOf(xDot),
                            Sixteens.pitch(xDot),
                            indices + (long) o * chosen.step(),
                            out + (long) o * stepOf(yDot));
                }
            }
        }
        yDot.clearTail();
    }

    /**
     * The numbers of one output, from a window that starts at xDot, in row {@code top} and column {@code left} of the plane. Places
     * outside of it, which no pool of this window has chosen, are answered by 0: what indices hold is not checked.
     */
    private static void taken(
            int samples,
            int windowWidth,
            int top,
            int left,
            Shape plane,
            long xDot,
            int step,
            int pitch,
            long indices,
            long yDot) {
        for (int lane = 0; lane < samples; lane++) {
            int k = Byte.toUnsignedInt(ALL.get(ValueLayout.JAVA_BYTE, (indices + lane) & USER));
            int down = k / windowWidth;
            int right = k % windowWidth;
            boolean inside =
                    top + down >= 0 && top + down < plane.height() && left + right >= 0 && left + right < plane.width();
            long from = xDot + (long) down * pitch + (long) right * step + 4L * lane;
            float number = inside ? ALL.get(Raw.UNCHECKED, from & USER) : 0;
            ALL.set(Raw.UNCHECKED, (yDot + 4L * lane) & USER, number);
        }
    }

    static void average(CpuWorkspace workspace, CpuTensor x, Window window, CpuTensor y) {
        int channels = x.shape().channels();
        int parts = Sixteens.parts(workspace, x.shape().size());
        if (parts == 1) {
            average(x, window, y, 0, channels);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> average(
                                    x,
                                    window,
                                    y,
                                    Sixteens.cut(channels, part, of),
                                    Sixteens.cut(channels, part + 1, of)));
        }
        y.clearTail();
    }

    private static void average(CpuTensor x, Window window, CpuTensor y, int from, int to) {
        int height = y.shape().height();
        for (int row = from * height; row < to * height; row++) {
            int channel = row / height;
            int oy = row % height;
            for (int column = 0; column < x.batch; column += 16) {
                mean(
                        y.shape().width(),
                        window.height(),
                        window.width(),
                        window.stride(),
                        window.padding(),
                        oy * window.stride() - window.padding(),
                        x.shape().height(),
                        x.shape().width(),
                        Sixteens.plane(x, channel, column, 16),
                        stepOf(x),
                        Sixteens.pitch(x),
                        Sixteens.plane(y, channel, column, 16) + (long) oy * Sixteens.pitch(y),
                        stepOf(y));
            }
        }
    }

    /** Of a max pool, or of an average where nothing was chosen. */
    static void gradient(
            CpuWorkspace workspace,
            @Nullable CpuIndices chosen,
            Window window,
            CpuTensor gy,
            float beta,
            CpuTensor gx,
            @Nullable CpuMask mask) {
        int channels = gx.shape().channels();
        int parts = Sixteens.parts(workspace, gx.shape().size());
        if (parts == 1) {
            gradient(chosen, window, gy, beta, gx, mask, 0, channels);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> gradient(
                                    chosen,
                                    window,
                                    gy,
                                    beta,
                                    gx,
                                    mask,
                                    Sixteens.cut(channels, part, of),
                                    Sixteens.cut(channels, part + 1, of)));
        }
        gx.clearTail();
    }

    private static void gradient(
            @Nullable CpuIndices chosen,
            Window window,
            CpuTensor gy,
            float beta,
            CpuTensor gx,
            @Nullable CpuMask mask,
            int from,
            int to) {
        boolean even = gx.shape().height() % 2 == 0 && gx.shape().width() % 2 == 0;
        if (chosen != null && window.equals(TWO) && even) {
            gradientOfFours(chosen, gy, beta, gx, mask, from, to);
        } else {
            gathered(chosen, window, gy, beta, gx, mask, from, to);
        }
    }

    /** Where windows of two by two cover the plane: two rows at a time. */
    private static void gradientOfFours(
            CpuIndices chosen, CpuTensor gy, float beta, CpuTensor gx, @Nullable CpuMask mask, int from, int to) {
        int height = gy.shape().height();
        int maskPitch = Sixteens.maskPitch(mask, gx);
        for (int row = from * height; row < to * height; row++) {
            int channel = row / height;
            int oy = row % height;
            for (int column = 0; column < gx.batch; column += 16) {
                fours(
                        gy.shape().width(),
                        Sixteens.plane(gy, channel, column, 16) + (long) oy * Sixteens.pitch(gy),
                        stepOf(gy),
                        chosen.plane(channel, column) + (long) oy * gy.shape().width() * chosen.step(),
                        chosen.step(),
                        beta,
                        Sixteens.plane(gx, channel, column, 16) + 2L * oy * Sixteens.pitch(gx),
                        stepOf(gx),
                        Sixteens.pitch(gx),
                        Sixteens.bits(mask, gx, channel, column) + 2L * oy * maskPitch,
                        Sixteens.maskStep(mask),
                        maskPitch);
            }
        }
    }

    private static void gathered(
            @Nullable CpuIndices chosen,
            Window window,
            CpuTensor gy,
            float beta,
            CpuTensor gx,
            @Nullable CpuMask mask,
            int from,
            int to) {
        int height = gx.shape().height();
        int stride = window.stride();
        for (int row = from * height; row < to * height; row++) {
            int channel = row / height;
            int inWindows = row % height + window.padding();
            // The rows of windows that this row lies in.
            int first = Math.max(0, Math.ceilDiv(inWindows - window.height() + 1, stride));
            int last = Math.min(gy.shape().height() - 1, inWindows / stride);
            for (int column = 0; column < gx.batch; column += 16) {
                long out = Sixteens.plane(gx, channel, column, 16) + (long) (row % height) * Sixteens.pitch(gx);
                long bits =
                        Sixteens.bits(mask, gx, channel, column) + (long) (row % height) * Sixteens.maskPitch(mask, gx);
                long in = Sixteens.plane(gy, channel, column, 16);
                if (chosen == null) {
                    share(
                            gx.shape().width(),
                            window.width(),
                            stride,
                            window.padding(),
                            first,
                            last,
                            gy.shape().width() - 1,
                            in,
                            stepOf(gy),
                            Sixteens.pitch(gy),
                            1f / window.size(),
                            beta,
                            out,
                            stepOf(gx),
                            bits,
                            Sixteens.maskStep(mask));
                } else {
                    collect(
                            gx.shape().width(),
                            window.width(),
                            stride,
                            window.padding(),
                            inWindows,
                            first,
                            last,
                            gy.shape().width() - 1,
                            in,
                            stepOf(gy),
                            Sixteens.pitch(gy),
                            chosen.plane(channel, column),
                            chosen.step(),
                            beta,
                            out,
                            stepOf(gx),
                            bits,
                            Sixteens.maskStep(mask));
                }
            }
        }
    }

    /** Bytes from one position to the next. */
    private static int stepOf(CpuTensor t) {
        return Math.toIntExact(t.rowStride());
    }

    // Kernels over a row: windows start at row {@code top} of the plane, sixteen columns of which start at x.

    /** A number is taken that is above the best one, or the first NaN. */
    private static void largest(
            int outputs,
            int windowHeight,
            int windowWidth,
            int stride,
            int padding,
            int top,
            int height,
            int width,
            long x,
            int xStep,
            int xPitch,
            long y,
            int yStep,
            long indices,
            int indexStep) {
        int firstRow = Math.max(0, -top);
        int rows = Math.min(windowHeight, height - top);
        for (int o = 0; o < outputs; o++) {
            int left = o * stride - padding;
            int firstCol = Math.max(0, -left);
            int cols = Math.min(windowWidth, width - left);
            for (int lane = 0; lane < 16; lane += COUNT) {
                long start = x + (long) top * xPitch + (long) left * xStep + 4L * lane;
                long first = start + (long) firstRow * xPitch + (long) firstCol * xStep;
                FloatVector best = fromMemorySegment(F, ALL, first & USER, LITTLE_ENDIAN);
                IntVector index = IntVector.broadcast(INTS, firstRow * windowWidth + firstCol);
                for (int row = firstRow; row < rows; row++) {
                    for (int col = firstCol; col < cols; col++) {
                        long at = (start + (long) row * xPitch + (long) col * xStep) & USER;
                        FloatVector v = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
                        VectorMask<Float> taken =
                                best.compare(VectorOperators.EQ, best).andNot(v.compare(VectorOperators.LE, best));
                        best = best.blend(v, taken);
                        index = index.blend(row * windowWidth + col, taken.cast(INTS));
                    }
                }
                best.intoMemorySegment(ALL, (y + (long) o * yStep + 4L * lane) & USER, LITTLE_ENDIAN);
                ByteVector bytes = (ByteVector) index.convertShape(VectorOperators.I2B, BYTES, 0);
                long to = (indices + (long) o * indexStep + lane) & USER;
                if (COUNT == 4) {
                    ALL.set(FOUR, to, bytes.reinterpretAsInts().lane(0));
                } else {
                    bytes.intoMemorySegment(ALL, to, LITTLE_ENDIAN);
                }
            }
        }
    }

    /** Windows of two by two that lie side by side. */
    private static void largestOfFour(
            int outputs, long x, int xStep, int xPitch, long y, int yStep, long indices, int indexStep) {
        IntVector zero = IntVector.broadcast(INTS, 0);
        IntVector two = IntVector.broadcast(INTS, 2);
        for (int o = 0; o < outputs; o++) {
            long in = (x + 2L * o * xStep) & USER;
            long below = (x + 2L * o * xStep + xPitch) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                FloatVector a = fromMemorySegment(F, ALL, in + 4L * lane, LITTLE_ENDIAN);
                FloatVector b = fromMemorySegment(F, ALL, (in + xStep + 4L * lane) & USER, LITTLE_ENDIAN);
                FloatVector c = fromMemorySegment(F, ALL, below + 4L * lane, LITTLE_ENDIAN);
                FloatVector d = fromMemorySegment(F, ALL, (below + xStep + 4L * lane) & USER, LITTLE_ENDIAN);
                VectorMask<Float> second = a.compare(VectorOperators.EQ, a).andNot(b.compare(VectorOperators.LE, a));
                VectorMask<Float> fourth = c.compare(VectorOperators.EQ, c).andNot(d.compare(VectorOperators.LE, c));
                FloatVector upper = a.blend(b, second);
                FloatVector lower = c.blend(d, fourth);
                VectorMask<Float> under =
                        upper.compare(VectorOperators.EQ, upper).andNot(lower.compare(VectorOperators.LE, upper));
                upper.blend(lower, under)
                        .intoMemorySegment(ALL, (y + (long) o * yStep + 4L * lane) & USER, LITTLE_ENDIAN);
                IntVector index =
                        zero.blend(1, second.cast(INTS)).blend(two.blend(3, fourth.cast(INTS)), under.cast(INTS));
                ByteVector bytes = (ByteVector) index.convertShape(VectorOperators.I2B, BYTES, 0);
                long to = (indices + (long) o * indexStep + lane) & USER;
                if (COUNT == 4) {
                    ALL.set(FOUR, to, bytes.reinterpretAsInts().lane(0));
                } else {
                    bytes.intoMemorySegment(ALL, to, LITTLE_ENDIAN);
                }
            }
        }
    }

    private static void mean(
            int outputs,
            int windowHeight,
            int windowWidth,
            int stride,
            int padding,
            int top,
            int height,
            int width,
            long x,
            int xStep,
            int xPitch,
            long y,
            int yStep) {
        float share = 1f / (windowHeight * windowWidth);
        int firstRow = Math.max(0, -top);
        int rows = Math.min(windowHeight, height - top);
        for (int o = 0; o < outputs; o++) {
            int left = o * stride - padding;
            int firstCol = Math.max(0, -left);
            int cols = Math.min(windowWidth, width - left);
            for (int lane = 0; lane < 16; lane += COUNT) {
                long start = x + (long) top * xPitch + (long) left * xStep + 4L * lane;
                FloatVector sum = FloatVector.zero(F);
                for (int row = firstRow; row < rows; row++) {
                    for (int col = firstCol; col < cols; col++) {
                        long at = (start + (long) row * xPitch + (long) col * xStep) & USER;
                        sum = sum.add(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN));
                    }
                }
                sum.mul(share).intoMemorySegment(ALL, (y + (long) o * yStep + 4L * lane) & USER, LITTLE_ENDIAN);
            }
        }
    }

    // Gradients of a row, from the windows of rows {@code first .. last}. The old gradient is read where
    // beta = 0 too, and then dropped: its line comes to the cache anyway.

    private static void fours(
            int outputs,
            long gy,
            int gyStep,
            long indices,
            int indexStep,
            float beta,
            long gx,
            int gxStep,
            int gxPitch,
            long mask,
            int maskStep,
            int maskPitch) {
        VectorMask<Float> unread = VectorMask.fromLong(F, beta == 0 ? -1 : 0);
        for (int o = 0; o < outputs; o++) {
            for (int lane = 0; lane < 16; lane += COUNT) {
                FloatVector g = fromMemorySegment(F, ALL, (gy + (long) o * gyStep + 4L * lane) & USER, LITTLE_ENDIAN);
                long found = (indices + (long) o * indexStep + lane) & USER;
                IntVector number = (IntVector) ByteVector.fromMemorySegment(BYTES, ALL, found, LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                for (int k = 0; k < 4; k++) {
                    long bits = mask + (2L * o + (k & 1)) * maskStep + (long) (k >> 1) * maskPitch;
                    int dropped = ~ALL.get(BITS, bits & USER);
                    long out = (gx + (2L * o + (k & 1)) * gxStep + (long) (k >> 1) * gxPitch + 4L * lane) & USER;
                    fromMemorySegment(F, ALL, out, LITTLE_ENDIAN)
                            .blend(0f, unread)
                            .fma(
                                    FloatVector.broadcast(F, beta),
                                    g.blend(
                                            0f,
                                            number.compare(VectorOperators.NE, k)
                                                    .cast(F)))
                            .blend(0f, VectorMask.fromLong(F, dropped >>> lane))
                            .intoMemorySegment(ALL, out, LITTLE_ENDIAN);
                }
            }
        }
    }

    private static void collect(
            int width,
            int windowWidth,
            int stride,
            int padding,
            int inWindows,
            int first,
            int last,
            int lastCol,
            long gy,
            int gyStep,
            int gyPitch,
            long indices,
            int indexStep,
            float beta,
            long gx,
            int gxStep,
            long mask,
            int maskStep) {
        VectorMask<Float> unread = VectorMask.fromLong(F, beta == 0 ? -1 : 0);
        int from = 0;
        int to = -1;
        for (int i = 0; i < width; i++) {
            while (from * stride + windowWidth <= i + padding) {
                from++;
            }
            while (to < lastCol && (to + 1) * stride <= i + padding) {
                to++;
            }
            int dropped = ~ALL.get(BITS, (mask + (long) i * maskStep) & USER);
            long out = (gx + (long) i * gxStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                FloatVector sum = FloatVector.zero(F);
                for (int row = first; row <= last; row++) {
                    for (int col = from; col <= to; col++) {
                        int number = (inWindows - row * stride) * windowWidth + i + padding - col * stride;
                        long at = (gy + (long) row * gyPitch + (long) col * gyStep + 4L * lane) & USER;
                        long found = indices + ((long) row * (lastCol + 1) + col) * indexStep + lane;
                        VectorMask<Integer> others = ((IntVector)
                                        ByteVector.fromMemorySegment(BYTES, ALL, found & USER, LITTLE_ENDIAN)
                                                .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0))
                                .compare(VectorOperators.NE, number);
                        sum = sum.add(
                                fromMemorySegment(F, ALL, at, LITTLE_ENDIAN).blend(0f, others.cast(F)));
                    }
                }
                fromMemorySegment(F, ALL, out + 4L * lane, LITTLE_ENDIAN)
                        .blend(0f, unread)
                        .fma(FloatVector.broadcast(F, beta), sum)
                        .blend(0f, VectorMask.fromLong(F, dropped >>> lane))
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }

    private static void share(
            int width,
            int windowWidth,
            int stride,
            int padding,
            int first,
            int last,
            int lastCol,
            long gy,
            int gyStep,
            int gyPitch,
            float part,
            float beta,
            long gx,
            int gxStep,
            long mask,
            int maskStep) {
        VectorMask<Float> unread = VectorMask.fromLong(F, beta == 0 ? -1 : 0);
        int from = 0;
        int to = -1;
        for (int i = 0; i < width; i++) {
            while (from * stride + windowWidth <= i + padding) {
                from++;
            }
            while (to < lastCol && (to + 1) * stride <= i + padding) {
                to++;
            }
            int dropped = ~ALL.get(BITS, (mask + (long) i * maskStep) & USER);
            long out = (gx + (long) i * gxStep) & USER;
            for (int lane = 0; lane < 16; lane += COUNT) {
                FloatVector sum = FloatVector.zero(F);
                for (int row = first; row <= last; row++) {
                    for (int col = from; col <= to; col++) {
                        long at = (gy + (long) row * gyPitch + (long) col * gyStep + 4L * lane) & USER;
                        sum = sum.add(fromMemorySegment(F, ALL, at, LITTLE_ENDIAN));
                    }
                }
                fromMemorySegment(F, ALL, out + 4L * lane, LITTLE_ENDIAN)
                        .blend(0f, unread)
                        .fma(FloatVector.broadcast(F, beta), sum.mul(part))
                        .blend(0f, VectorMask.fromLong(F, dropped >>> lane))
                        .intoMemorySegment(ALL, out + 4L * lane, LITTLE_ENDIAN);
            }
        }
    }
}
