package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gossamer.engine.Tiling;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;

/**
 * Images cut into other tiles. Where only an overlap is added and the tiles are one block of sixteen columns, a row of it moves
 * as a whole: a neighbouring tile is some lanes further on, so it is read from so many lanes further on, and what belongs to
 * another image or to none becomes +0.0. Otherwise numbers are moved one by one. In the calling thread: it is for small batches.
 */
final class Retile {

    private static final int SIXTEEN = 16;

    /** Bytes of sixteen lanes. */
    private static final int ROW = SIXTEEN * Float.BYTES;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private Retile() {}

    static void run(CpuWorkspace workspace, CpuTensor x, Tiling from, CpuTensor y, Tiling to, int overlap) {
        int channels = x.shape().channels();
        boolean rows = from.equals(to)
                && x.block == SIXTEEN
                && y.block == SIXTEEN
                && x.batch <= SIXTEEN
                && overlap <= Math.min(x.shape().height(), x.shape().width());
        if (!rows) {
            move(x, from, y, to, overlap, 0, channels);
            return;
        }
        // A neighbour is up to seventeen lanes off. Without a halo, the rows there may be no part of the tensor.
        int rim = x.halo == 0 ? Math.min(2, channels) : 0;
        int end = Math.max(rim, channels - rim);
        if (rim < end) {
            overlap(x, from, y, overlap, rim, end, masks(workspace, from, x.batch));
        }
        if (rim > 0) {
            move(x, from, y, to, overlap, 0, rim);
            move(x, from, y, to, overlap, end, channels);
        }
    }

    // ---- rows of sixteen

    /** For each neighbour, row by row, sixteen ints: ones for the tiles that have it. */
    private static long masks(CpuWorkspace workspace, Tiling tiling, int batch) {
        long masks = Raw.address(workspace.scratch(CpuWorkspace.Scratch.TILES, 9L * ROW), 0, 9L * ROW);
        for (int neighbour = 0; neighbour < 9; neighbour++) {
            for (int lane = 0; lane < SIXTEEN; lane++) {
                int i = lane % tiling.count() / tiling.cols() + neighbour / 3 - 1;
                int j = lane % tiling.cols() + neighbour % 3 - 1;
                boolean there = lane < batch && i >= 0 && i < tiling.rows() && j >= 0 && j < tiling.cols();
                ALL.set(INT, (masks + (long) neighbour * ROW + 4L * lane) & USER, there ? -1 : 0);
            }
        }
        return masks;
    }

    private static void overlap(
            CpuTensor x, Tiling tiling, CpuTensor y, int overlap, int firstChannel, int endChannel, long masks) {
        int height = x.shape().height();
        int width = x.shape().width();
        long in = Raw.address(x.data, 0, x.positions * (long) ROW);
        long out = Raw.address(y.data, 0, y.positions * (long) ROW);
        for (int channel = firstChannel; channel < endChannel; channel++) {
            long plane = in + ((long) channel * x.planePositions() + x.position(0, 0)) * ROW;
            long target = out + ((long) channel * y.planePositions() + y.position(0, 0)) * ROW;
            for (int line = 0; line < height + 2 * overlap; line++) {
                int up = Math.floorDiv(line - overlap, height);
                long source = plane + (long) (line - overlap - up * height) * x.pitch() * ROW;
                long to = target + (long) line * y.pitch() * ROW;
                int middle = 3 * (up + 1) + 1;
                long lanes = 4L * up * tiling.cols();
                long mask = masks + (long) middle * ROW;
                rows(source + lanes - 4 + (long) (width - overlap) * ROW, to, overlap, mask - ROW);
                rows(source + lanes, to + (long) overlap * ROW, width, mask);
                rows(source + lanes + 4, to + (long) (overlap + width) * ROW, overlap, mask + ROW);
            }
        }
    }

    /** {@code count} rows of sixteen lanes, through one mask. */
    private static void rows(long from, long to, int count, long mask) {
        int bytes = count * ROW;
        for (int at = 0; at < bytes; at += BYTES) {
            IntVector kept = IntVector.fromMemorySegment(Lanes.I, ALL, (mask + at % ROW) & USER, LITTLE_ENDIAN);
            IntVector.fromMemorySegment(Lanes.I, ALL, (from + at) & USER, LITTLE_ENDIAN)
                    .and(kept)
                    .intoMemorySegment(ALL, (to + at) & USER, LITTLE_ENDIAN);
        }
    }

    // ---- one by one

    private static void move(
            CpuTensor x, Tiling from, CpuTensor y, Tiling to, int overlap, int firstChannel, int endChannel) {
        int high = y.shape().height() - 2 * overlap;
        int wide = y.shape().width() - 2 * overlap;
        for (int column = 0; column < y.batch; column++) {
            int image = column / to.count();
            int top = column % to.count() / to.cols() * high - overlap;
            int left = column % to.cols() * wide - overlap;
            for (int line = 0; line < y.shape().height(); line++) {
                for (int at = 0; at < y.shape().width(); ) {
                    at += run(x, from, image, top + line, left + at, y, column, line, at, firstChannel, endChannel);
                }
            }
        }
        y.clearTail();
    }

    /**
     * Numbers of all channels from place ({@code line}, {@code at}) of a tile on, as far as they come from one tile or from none.
     *
     * @return how many of a channel
     */
    private static int run(
            CpuTensor x,
            Tiling from,
            int image,
            int imageY,
            int imageX,
            CpuTensor y,
            int column,
            int line,
            int at,
            int firstChannel,
            int endChannel) {
        int high = x.shape().height();
        int wide = x.shape().width();
        int room = y.shape().width() - at;
        int toStep = Math.toIntExact(y.rowStride());
        int toPlane = y.planePositions() * toStep;
        long to = first(y, y.position(line, at), column, endChannel, room) + (long) firstChannel * toPlane;
        boolean inside = imageY >= 0 && imageY < high * from.rows() && imageX >= 0 && imageX < wide * from.cols();
        if (!inside) {
            int count = imageX < 0 ? Math.min(room, -imageX) : imageX < wide * from.cols() ? 1 : room;
            zero(to, toStep, toPlane, endChannel - firstChannel, count);
            return count;
        }
        int count = Math.min(room, wide - imageX % wide);
        int tile = (image * from.rows() + imageY / high) * from.cols() + imageX / wide;
        int fromStep = Math.toIntExact(x.rowStride());
        int fromPlane = x.planePositions() * fromStep;
        long source = first(x, x.position(imageY % high, imageX % wide), tile, endChannel, count)
                + (long) firstChannel * fromPlane;
        copy(source, fromStep, fromPlane, to, toStep, toPlane, endChannel - firstChannel, count);
        return count;
    }

    /** The address of a place of channel 0, from which {@code count} positions of each channel may be touched. */
    private static long first(CpuTensor t, int position, int column, int channels, int count) {
        long bytes = ((channels - 1L) * t.planePositions() + count - 1) * t.rowStride() + Float.BYTES;
        return Raw.address(t.data, t.offset(position, column), bytes);
    }

    private static void zero(long to, int step, int plane, int channels, int count) {
        for (int channel = 0; channel < channels; channel++) {
            for (int i = 0; i < count; i++) {
                ALL.set(UNCHECKED, (to + (long) channel * plane + (long) i * step) & USER, 0f);
            }
        }
    }

    private static void copy(
            long from, int fromStep, int fromPlane, long to, int toStep, int toPlane, int channels, int count) {
        for (int channel = 0; channel < channels; channel++) {
            long source = from + (long) channel * fromPlane;
            long target = to + (long) channel * toPlane;
            for (int i = 0; i < count; i++) {
                float value = ALL.get(UNCHECKED, (source + (long) i * fromStep) & USER);
                ALL.set(UNCHECKED, (target + (long) i * toStep) & USER, value);
            }
        }
    }
}
