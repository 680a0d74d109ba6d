package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Dense register blocks: rows of A by one or two vectors of columns of B. Every output is one FMA chain in ascending depth;
 * starting from a stored C (beta = 1) continues the chain, so that blocks of the depth change no bit. Ranges are checked once
 * per block, see {@link Raw}.
 */
final class GemmKernels {

    /**
     * Rows of the largest block: as many as C2 keeps in registers. With six, its inlining budget ends before the last stores,
     * and their vectors are boxed; measured fastest too.
     */
    static final int ROWS = Lanes.COUNT == 16 ? 5 : 4;

    private GemmKernels() {}

    /**
     * Operands and their strides in bytes: A by row and depth (so that it may be transposed), B by depth, C by row. Mutable
     * and kept, so that a step allocates nothing.
     */
    static final class Operands {

        MemorySegment a = MemorySegment.NULL;
        long aRow;
        long aDepth;
        MemorySegment b = MemorySegment.NULL;
        long bDepth;
        MemorySegment c = MemorySegment.NULL;
        long cRow;

        Operands set(
                MemorySegment a, long aRow, long aDepth, MemorySegment b, long bDepth, MemorySegment c, long cRow) {
            this.a = a;
            this.aRow = aRow;
            this.aDepth = aDepth;
            this.b = b;
            this.bDepth = bDepth;
            this.c = c;
            this.cRow = cRow;
            return this;
        }
    }

    /**
     * {@code rows} rows by {@code vectors} (1 or 2) vectors of columns, {@code depth} deep. A kernel starts either from zero or
     * from what C holds: those that may do either box their accumulators.
     */
    static void block(int rows, int vectors, Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        if (rows == 0) {
            return;
        }
        long width = (long) vectors * BYTES;
        long a = Raw.address(io.a, aBase, (rows - 1) * io.aRow + Math.max(0, depth - 1) * io.aDepth + Float.BYTES);
        long b = Raw.address(io.b, bBase, Math.max(0, depth - 1) * io.bDepth + width);
        long c = Raw.address(io.c, cBase, (rows - 1) * io.cRow + width);
        int row = 0;
        for (; row + 5 <= rows && ROWS == 5 && beta == 0; row += 5) {
            if (vectors == 2) {
                fresh5x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
            } else {
                fresh5x1(io, a + row * io.aRow, b, c + row * io.cRow, depth);
            }
        }
        for (int each = row; each < rows; each++) {
            Scaling.row(vectors, c + each * io.cRow, beta);
        }
        for (; row + 5 <= rows && ROWS == 5 && vectors == 2; row += 5) {
            rows5x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
        for (; row + 4 <= rows; row += 4) {
            if (vectors == 2) {
                rows4x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
            } else {
                rows4x1(io, a + row * io.aRow, b, c + row * io.cRow, depth);
            }
        }
        for (; row < rows; row++) {
            if (vectors == 2) {
                rows1x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
            } else {
                rows1x1(io, a + row * io.aRow, b, c + row * io.cRow, depth);
            }
        }
    }

    private static void fresh5x2(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long c0 = cBase & USER;
        FloatVector s00 = FloatVector.zero(F);
        FloatVector s01 = FloatVector.zero(F);
        long c1 = (cBase + 1 * io.cRow) & USER;
        FloatVector s10 = FloatVector.zero(F);
        FloatVector s11 = FloatVector.zero(F);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = FloatVector.zero(F);
        FloatVector s21 = FloatVector.zero(F);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = FloatVector.zero(F);
        FloatVector s31 = FloatVector.zero(F);
        long c4 = (cBase + 4 * io.cRow) & USER;
        FloatVector s40 = FloatVector.zero(F);
        FloatVector s41 = FloatVector.zero(F);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            long in = at & USER;
            FloatVector b0 = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, in + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, from & USER));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + aRow) & USER));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 2 * aRow) & USER));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 3 * aRow) & USER));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 4 * aRow) & USER));
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            from += io.aDepth;
            at += io.bDepth;
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, c3 + BYTES, LITTLE_ENDIAN);
        s40.intoMemorySegment(ALL, c4, LITTLE_ENDIAN);
        s41.intoMemorySegment(ALL, c4 + BYTES, LITTLE_ENDIAN);
    }

    private static void rows5x2(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + 1 * io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, c3 + BYTES, LITTLE_ENDIAN);
        long c4 = (cBase + 4 * io.cRow) & USER;
        FloatVector s40 = fromMemorySegment(F, ALL, c4, LITTLE_ENDIAN);
        FloatVector s41 = fromMemorySegment(F, ALL, c4 + BYTES, LITTLE_ENDIAN);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            long in = at & USER;
            FloatVector b0 = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, in + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, from & USER));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + aRow) & USER));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 2 * aRow) & USER));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 3 * aRow) & USER));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 4 * aRow) & USER));
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            from += io.aDepth;
            at += io.bDepth;
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, c3 + BYTES, LITTLE_ENDIAN);
        s40.intoMemorySegment(ALL, c4, LITTLE_ENDIAN);
        s41.intoMemorySegment(ALL, c4 + BYTES, LITTLE_ENDIAN);
    }

    private static void rows4x2(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + 1 * io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, c3 + BYTES, LITTLE_ENDIAN);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            long in = at & USER;
            FloatVector b0 = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, in + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, from & USER));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + aRow) & USER));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 2 * aRow) & USER));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 3 * aRow) & USER));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            from += io.aDepth;
            at += io.bDepth;
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s31.intoMemorySegment(ALL, c3 + BYTES, LITTLE_ENDIAN);
    }

    private static void rows1x2(Operands io, long aBase, long bBase, long cBase, int depth) {
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            long in = at & USER;
            FloatVector b0 = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, in + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, from & USER));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            from += io.aDepth;
            at += io.bDepth;
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
    }

    private static void fresh5x1(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long c0 = cBase & USER;
        FloatVector s00 = FloatVector.zero(F);
        long c1 = (cBase + 1 * io.cRow) & USER;
        FloatVector s10 = FloatVector.zero(F);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = FloatVector.zero(F);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = FloatVector.zero(F);
        long c4 = (cBase + 4 * io.cRow) & USER;
        FloatVector s40 = FloatVector.zero(F);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            long in = at & USER;
            FloatVector b0 = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, from & USER));
            s00 = a0.fma(b0, s00);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + aRow) & USER));
            s10 = a1.fma(b0, s10);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 2 * aRow) & USER));
            s20 = a2.fma(b0, s20);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 3 * aRow) & USER));
            s30 = a3.fma(b0, s30);
            FloatVector a4 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 4 * aRow) & USER));
            s40 = a4.fma(b0, s40);
            from += io.aDepth;
            at += io.bDepth;
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s40.intoMemorySegment(ALL, c4, LITTLE_ENDIAN);
    }

    private static void rows4x1(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        long c1 = (cBase + 1 * io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            long in = at & USER;
            FloatVector b0 = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, from & USER));
            s00 = a0.fma(b0, s00);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + aRow) & USER));
            s10 = a1.fma(b0, s10);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 2 * aRow) & USER));
            s20 = a2.fma(b0, s20);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, (from + 3 * aRow) & USER));
            s30 = a3.fma(b0, s30);
            from += io.aDepth;
            at += io.bDepth;
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
    }

    private static void rows1x1(Operands io, long aBase, long bBase, long cBase, int depth) {
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            long in = at & USER;
            FloatVector b0 = fromMemorySegment(F, ALL, in, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, from & USER));
            s00 = a0.fma(b0, s00);
            from += io.aDepth;
            at += io.bDepth;
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
    }
}
