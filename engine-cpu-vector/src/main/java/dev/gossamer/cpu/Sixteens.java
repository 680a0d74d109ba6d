package dev.gossamer.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * How ops other than products walk tensors of one shape together: sixteen columns at a time, which every block of the batch
 * holds. Where all have the same block, its sixteens lie side by side, and a walk takes them as they come: then
 * {@code i} sixteens on are {@code i >> shift} positions and {@code i & low} sixteens on. Tensors of different blocks are
 * walked position by position, sixteen columns at each.
 *
 * <p>Masks are walked with them: 16 bits at {@code (i >> shift)·maskStep + 2·(i & low)}; a missing one has both 0.
 */
final class Sixteens {

    /** A mask that lets everything through, to be read with steps of 0. */
    private static final MemorySegment EVERYTHING = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, -1L);

    /** Work of one element in units of {@link CpuWorkspace#parts}: these ops wait for memory and not for arithmetic. */
    private static final double WORK = 16;

    private Sixteens() {}

    /** Parts for an op over that many elements. */
    static int parts(CpuWorkspace workspace, long elements) {
        return workspace.parts(WORK * elements);
    }

    /** Where part {@code part} of a number of channels or positions begins. */
    static int cut(int count, int part, int parts) {
        return (int) ((long) count * part / parts);
    }

    /** Columns that one walk over the positions takes. */
    static int columns(CpuTensor a, CpuTensor b) {
        return a.block == b.block ? a.block : 16;
    }

    static int columns(CpuTensor a, CpuTensor b, CpuTensor c) {
        return b.block == c.block ? columns(a, b) : 16;
    }

    /** Bytes from one sixteen to the next of a walk that takes that many columns. */
    static int step(CpuTensor t, int columns) {
        return columns == t.block ? 64 : Math.toIntExact(t.rowStride());
    }

    /** The logarithm of the sixteens of a position. */
    static int shift(int columns) {
        return Integer.numberOfTrailingZeros(columns / 16);
    }

    /** The address of the first 16 bits, of {@code positions} adjacent positions from {@code position} on. */
    static long bits(@Nullable CpuMask mask, int position, int column, int positions) {
        return mask == null ? EVERYTHING.address() : mask.address16(position, column, positions, CpuMask.STEP);
    }

    static int maskStep(@Nullable CpuMask mask) {
        return mask == null ? 0 : CpuMask.STEP;
    }

    static int low(@Nullable CpuMask mask, int columns) {
        return mask == null ? 0 : columns / 16 - 1;
    }

    // Planes: rows of sixteens. Without a halo a plane is one row.

    static int rows(CpuTensor t) {
        return t.shape().height();
    }

    /** Sixteens of a row. */
    static int count(CpuTensor t, int columns) {
        return t.shape().width() * (columns / 16);
    }

    /** Bytes from one row to the next. */
    static int pitch(CpuTensor t) {
        return Math.toIntExact(t.pitch() * t.rowStride());
    }

    /** The address of a channel's plane, all of which may be touched. */
    static long plane(CpuTensor t, int channel, int column, int columns) {
        long bytes = (rows(t) - 1L) * pitch(t) + (count(t, columns) - 1L) * step(t, columns) + 64;
        return Raw.address(t.data, t.offset(position(t, channel), column), bytes);
    }

    /** The position where a channel's plane begins, behind its halo. */
    static int position(CpuTensor t, int channel) {
        return channel * t.planePositions() + t.position(0, 0);
    }

    /** The first 16 bits of a channel's plane. */
    static long bits(@Nullable CpuMask mask, CpuTensor t, int channel, int column) {
        int positions = (rows(t) - 1) * t.pitch() + t.shape().width();
        return bits(mask, position(t, channel), column, positions);
    }

    /** Bytes of a mask from one row to the next. */
    static int maskPitch(@Nullable CpuMask mask, CpuTensor t) {
        return mask == null ? 0 : t.pitch() * CpuMask.STEP;
    }

    /** The lanes of a sixteen that lie behind the batch. */
    static int behind(CpuTensor t, int column) {
        return t.batch - column >= 16 ? 0 : -1 << (t.batch - column);
    }
}
