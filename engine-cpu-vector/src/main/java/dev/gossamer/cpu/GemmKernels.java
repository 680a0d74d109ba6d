package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Dense register blocks: rows of A by one or two vectors of columns of B. Every output is one FMA chain in ascending depth;
 * starting from a stored C (beta = 1) continues the chain, so that blocks of the depth change no bit. Ranges are checked once
 * per block, see {@link Raw}; the rows of A have an address each, so that a loop adds one number to it.
 */
final class GemmKernels {

    /**
     * Rows of the largest block of two vectors: as many as C2 keeps in registers. With six, its inlining budget ends before the last stores,
     * and their vectors are boxed; measured fastest too.
     */
    static final int ROWS = Lanes.COUNT == 16 ? 5 : 4;

    /**
     * And-ed to a depth and to a stride of blocks of two vectors: a position times a stride is an {@code int} then, which C2 makes
     * part of a load's address, where it otherwise takes an instruction of its own for each row. Processors that take four
     * instructions a cycle wait for those.
     */
    private static final int DEPTH = 0x3FF;

    private static final int STRIDE = 0x1FFFFF;

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
        if (vectors == 1) {
            singles(rows, io, a, b, c, depth, beta);
            return;
        }
        int most = io.aDepth > STRIDE || io.bDepth > STRIDE ? 1 : DEPTH;
        int pieces = Math.max(1, Math.ceilDiv(depth, most));
        for (int piece = 0; piece < pieces; piece++) {
            int k = (int) ((long) depth * piece / pieces);
            int end = (int) ((long) depth * (piece + 1) / pieces);
            pairs(rows, io, a + k * io.aDepth, b + k * io.bDepth, c, end - k, piece == 0 ? beta : 1);
        }
    }

    /** Rows {@code from .. to - 1} of C by beta, for kernels that continue what it holds. */
    static void scale(int from, int to, int vectors, Operands io, long c, float beta) {
        for (int row = from; row < to; row++) {
            Scaling.row(vectors, c + row * io.cRow, beta);
        }
    }

    /** Rows in blocks of five, as many of them as leave whole blocks of four where that is possible: a row by itself is slow. */
    static int large(int rows) {
        int fives = ROWS == 5 ? rows / 5 : 0;
        int even = fives - ((fives - rows) & 3);
        return 5 * (even < 0 ? fives : even);
    }

    private static void pairs(int rows, Operands io, long a, long b, long c, int depth, float beta) {
        int large = large(rows);
        int fresh = beta == 0 ? large : 0;
        for (int row = 0; row < fresh; row += 5) {
            fresh5x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
        scale(fresh, rows, 2, io, c, beta);
        for (int row = fresh; row < large; row += 5) {
            rows5x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
        int row = large;
        for (; row + 4 <= rows; row += 4) {
            rows4x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
        for (; row + 3 <= rows; row += 3) {
            rows3x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
        for (; row < rows; row++) {
            rows1x2(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
    }

    /** Rows by ten: with one vector each, it takes so many chains to keep the multipliers busy. */
    private static void singles(int rows, Operands io, long a, long b, long c, int depth, float beta) {
        int row = 0;
        for (; row + 10 <= rows && beta == 0; row += 10) {
            fresh10x1(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
        scale(row, rows, 1, io, c, beta);
        for (; row + 4 <= rows; row += 4) {
            rows4x1(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
        for (; row < rows; row++) {
            rows1x1(io, a + row * io.aRow, b, c + row * io.cRow, depth);
        }
    }

    private static void fresh5x2(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long aStep = io.aDepth & STRIDE;
        long bStep = io.bDepth & STRIDE;
        int steps = depth & DEPTH;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long r4 = (aBase + 4 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = FloatVector.zero(F);
        FloatVector s01 = FloatVector.zero(F);
        long c1 = (cBase + io.cRow) & USER;
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
        for (int k = 0; k < steps; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r4 + to));
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
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
        long aStep = io.aDepth & STRIDE;
        long bStep = io.bDepth & STRIDE;
        int steps = depth & DEPTH;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long r4 = (aBase + 4 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
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
        for (int k = 0; k < steps; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r4 + to));
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
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
        long aStep = io.aDepth & STRIDE;
        long bStep = io.bDepth & STRIDE;
        int steps = depth & DEPTH;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        FloatVector s31 = fromMemorySegment(F, ALL, c3 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < steps; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
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

    private static void rows3x2(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long aStep = io.aDepth & STRIDE;
        long bStep = io.bDepth & STRIDE;
        int steps = depth & DEPTH;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        FloatVector s11 = fromMemorySegment(F, ALL, c1 + BYTES, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        FloatVector s21 = fromMemorySegment(F, ALL, c2 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < steps; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s11.intoMemorySegment(ALL, c1 + BYTES, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s21.intoMemorySegment(ALL, c2 + BYTES, LITTLE_ENDIAN);
    }

    private static void rows1x2(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aStep = io.aDepth & STRIDE;
        long bStep = io.bDepth & STRIDE;
        int steps = depth & DEPTH;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        FloatVector s01 = fromMemorySegment(F, ALL, c0 + BYTES, LITTLE_ENDIAN);
        for (int k = 0; k < steps; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector b1 = fromMemorySegment(F, ALL, at + BYTES, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s01.intoMemorySegment(ALL, c0 + BYTES, LITTLE_ENDIAN);
    }

    private static void fresh10x1(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long aStep = Math.toIntExact(io.aDepth) & INDEX;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long r4 = (aBase + 4 * aRow) & USER;
        long r5 = (aBase + 5 * aRow) & USER;
        long r6 = (aBase + 6 * aRow) & USER;
        long r7 = (aBase + 7 * aRow) & USER;
        long r8 = (aBase + 8 * aRow) & USER;
        long r9 = (aBase + 9 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = FloatVector.zero(F);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = FloatVector.zero(F);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = FloatVector.zero(F);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = FloatVector.zero(F);
        long c4 = (cBase + 4 * io.cRow) & USER;
        FloatVector s40 = FloatVector.zero(F);
        long c5 = (cBase + 5 * io.cRow) & USER;
        FloatVector s50 = FloatVector.zero(F);
        long c6 = (cBase + 6 * io.cRow) & USER;
        FloatVector s60 = FloatVector.zero(F);
        long c7 = (cBase + 7 * io.cRow) & USER;
        FloatVector s70 = FloatVector.zero(F);
        long c8 = (cBase + 8 * io.cRow) & USER;
        FloatVector s80 = FloatVector.zero(F);
        long c9 = (cBase + 9 * io.cRow) & USER;
        FloatVector s90 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
            FloatVector a4 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r4 + to));
            s40 = a4.fma(b0, s40);
            FloatVector a5 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r5 + to));
            s50 = a5.fma(b0, s50);
            FloatVector a6 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r6 + to));
            s60 = a6.fma(b0, s60);
            FloatVector a7 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r7 + to));
            s70 = a7.fma(b0, s70);
            FloatVector a8 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r8 + to));
            s80 = a8.fma(b0, s80);
            FloatVector a9 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r9 + to));
            s90 = a9.fma(b0, s90);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
        s40.intoMemorySegment(ALL, c4, LITTLE_ENDIAN);
        s50.intoMemorySegment(ALL, c5, LITTLE_ENDIAN);
        s60.intoMemorySegment(ALL, c6, LITTLE_ENDIAN);
        s70.intoMemorySegment(ALL, c7, LITTLE_ENDIAN);
        s80.intoMemorySegment(ALL, c8, LITTLE_ENDIAN);
        s90.intoMemorySegment(ALL, c9, LITTLE_ENDIAN);
    }

    private static void rows4x1(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aRow = io.aRow;
        long aStep = Math.toIntExact(io.aDepth) & INDEX;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long r1 = (aBase + aRow) & USER;
        long r2 = (aBase + 2 * aRow) & USER;
        long r3 = (aBase + 3 * aRow) & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        long c1 = (cBase + io.cRow) & USER;
        FloatVector s10 = fromMemorySegment(F, ALL, c1, LITTLE_ENDIAN);
        long c2 = (cBase + 2 * io.cRow) & USER;
        FloatVector s20 = fromMemorySegment(F, ALL, c2, LITTLE_ENDIAN);
        long c3 = (cBase + 3 * io.cRow) & USER;
        FloatVector s30 = fromMemorySegment(F, ALL, c3, LITTLE_ENDIAN);
        for (int k = 0; k < depth; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
            FloatVector a1 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r1 + to));
            s10 = a1.fma(b0, s10);
            FloatVector a2 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r2 + to));
            s20 = a2.fma(b0, s20);
            FloatVector a3 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r3 + to));
            s30 = a3.fma(b0, s30);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
        s10.intoMemorySegment(ALL, c1, LITTLE_ENDIAN);
        s20.intoMemorySegment(ALL, c2, LITTLE_ENDIAN);
        s30.intoMemorySegment(ALL, c3, LITTLE_ENDIAN);
    }

    private static void rows1x1(Operands io, long aBase, long bBase, long cBase, int depth) {
        long aStep = Math.toIntExact(io.aDepth) & INDEX;
        long bStep = Math.toIntExact(io.bDepth) & INDEX;
        long in = bBase & USER;
        long r0 = aBase & USER;
        long c0 = cBase & USER;
        FloatVector s00 = fromMemorySegment(F, ALL, c0, LITTLE_ENDIAN);
        for (int k = 0; k < depth; k++) {
            long at = in + k * bStep;
            long to = k * aStep;
            FloatVector b0 = fromMemorySegment(F, ALL, at, LITTLE_ENDIAN);
            FloatVector a0 = FloatVector.broadcast(F, ALL.get(UNCHECKED, r0 + to));
            s00 = a0.fma(b0, s00);
        }
        s00.intoMemorySegment(ALL, c0, LITTLE_ENDIAN);
    }
}
