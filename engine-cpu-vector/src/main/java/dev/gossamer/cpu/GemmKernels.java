package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.load;
import static dev.gossamer.cpu.Lanes.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Dense register blocks: rows of A by one or two vectors of columns of B. Every output is one FMA chain in ascending depth;
 * starting from a stored C (beta = 1) continues the chain, so that blocks of the depth change no bit.
 */
final class GemmKernels {

    /** Rows of the largest block: 16 accumulators with the 32 registers of 512-bit machines, else 8. */
    static final int ROWS = Lanes.COUNT == 16 ? 8 : 4;

    private GemmKernels() {}

    /** Operands and their strides in bytes: A by row and depth (so that it may be transposed), B by depth, C by row. */
    record Operands(
            MemorySegment a, long aRow, long aDepth, MemorySegment b, long bDepth, MemorySegment c, long cRow) {}

    /** {@code rows} rows by {@code vectors} (1 or 2) vectors of columns, {@code depth} deep. */
    static void block(int rows, int vectors, Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        int row = 0;
        for (; row + 8 <= rows && ROWS == 8; row += 8) {
            if (vectors == 2) {
                rows8x2(io, aBase + row * io.aRow, bBase, cBase + row * io.cRow, depth, beta);
            } else {
                rows8x1(io, aBase + row * io.aRow, bBase, cBase + row * io.cRow, depth, beta);
            }
        }
        for (; row + 4 <= rows; row += 4) {
            if (vectors == 2) {
                rows4x2(io, aBase + row * io.aRow, bBase, cBase + row * io.cRow, depth, beta);
            } else {
                rows4x1(io, aBase + row * io.aRow, bBase, cBase + row * io.cRow, depth, beta);
            }
        }
        for (; row < rows; row++) {
            if (vectors == 2) {
                rows1x2(io, aBase + row * io.aRow, bBase, cBase + row * io.cRow, depth, beta);
            } else {
                rows1x1(io, aBase + row * io.aRow, bBase, cBase + row * io.cRow, depth, beta);
            }
        }
    }

    private static FloatVector start(MemorySegment c, long offset, float beta) {
        return beta == 0 ? FloatVector.zero(F) : load(c, offset).mul(beta);
    }

    private static FloatVector broadcast(MemorySegment a, long offset) {
        return FloatVector.broadcast(F, a.get(ValueLayout.JAVA_FLOAT, offset));
    }

    private static void rows8x2(Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        MemorySegment a = io.a;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long aRow = io.aRow;
        long c0 = cBase;
        FloatVector s00 = start(c, c0, beta);
        FloatVector s01 = start(c, c0 + BYTES, beta);
        long c1 = cBase + 1 * io.cRow;
        FloatVector s10 = start(c, c1, beta);
        FloatVector s11 = start(c, c1 + BYTES, beta);
        long c2 = cBase + 2 * io.cRow;
        FloatVector s20 = start(c, c2, beta);
        FloatVector s21 = start(c, c2 + BYTES, beta);
        long c3 = cBase + 3 * io.cRow;
        FloatVector s30 = start(c, c3, beta);
        FloatVector s31 = start(c, c3 + BYTES, beta);
        long c4 = cBase + 4 * io.cRow;
        FloatVector s40 = start(c, c4, beta);
        FloatVector s41 = start(c, c4 + BYTES, beta);
        long c5 = cBase + 5 * io.cRow;
        FloatVector s50 = start(c, c5, beta);
        FloatVector s51 = start(c, c5 + BYTES, beta);
        long c6 = cBase + 6 * io.cRow;
        FloatVector s60 = start(c, c6, beta);
        FloatVector s61 = start(c, c6 + BYTES, beta);
        long c7 = cBase + 7 * io.cRow;
        FloatVector s70 = start(c, c7, beta);
        FloatVector s71 = start(c, c7 + BYTES, beta);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = load(b, at);
            FloatVector b1 = load(b, at + BYTES);
            FloatVector a0 = broadcast(a, from);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = broadcast(a, from + aRow);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = broadcast(a, from + 2 * aRow);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = broadcast(a, from + 3 * aRow);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            FloatVector a4 = broadcast(a, from + 4 * aRow);
            s40 = a4.fma(b0, s40);
            s41 = a4.fma(b1, s41);
            FloatVector a5 = broadcast(a, from + 5 * aRow);
            s50 = a5.fma(b0, s50);
            s51 = a5.fma(b1, s51);
            FloatVector a6 = broadcast(a, from + 6 * aRow);
            s60 = a6.fma(b0, s60);
            s61 = a6.fma(b1, s61);
            FloatVector a7 = broadcast(a, from + 7 * aRow);
            s70 = a7.fma(b0, s70);
            s71 = a7.fma(b1, s71);
            from += io.aDepth;
            at += io.bDepth;
        }
        store(s00, c, c0);
        store(s01, c, c0 + BYTES);
        store(s10, c, c1);
        store(s11, c, c1 + BYTES);
        store(s20, c, c2);
        store(s21, c, c2 + BYTES);
        store(s30, c, c3);
        store(s31, c, c3 + BYTES);
        store(s40, c, c4);
        store(s41, c, c4 + BYTES);
        store(s50, c, c5);
        store(s51, c, c5 + BYTES);
        store(s60, c, c6);
        store(s61, c, c6 + BYTES);
        store(s70, c, c7);
        store(s71, c, c7 + BYTES);
    }

    private static void rows4x2(Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        MemorySegment a = io.a;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long aRow = io.aRow;
        long c0 = cBase;
        FloatVector s00 = start(c, c0, beta);
        FloatVector s01 = start(c, c0 + BYTES, beta);
        long c1 = cBase + 1 * io.cRow;
        FloatVector s10 = start(c, c1, beta);
        FloatVector s11 = start(c, c1 + BYTES, beta);
        long c2 = cBase + 2 * io.cRow;
        FloatVector s20 = start(c, c2, beta);
        FloatVector s21 = start(c, c2 + BYTES, beta);
        long c3 = cBase + 3 * io.cRow;
        FloatVector s30 = start(c, c3, beta);
        FloatVector s31 = start(c, c3 + BYTES, beta);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = load(b, at);
            FloatVector b1 = load(b, at + BYTES);
            FloatVector a0 = broadcast(a, from);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            FloatVector a1 = broadcast(a, from + aRow);
            s10 = a1.fma(b0, s10);
            s11 = a1.fma(b1, s11);
            FloatVector a2 = broadcast(a, from + 2 * aRow);
            s20 = a2.fma(b0, s20);
            s21 = a2.fma(b1, s21);
            FloatVector a3 = broadcast(a, from + 3 * aRow);
            s30 = a3.fma(b0, s30);
            s31 = a3.fma(b1, s31);
            from += io.aDepth;
            at += io.bDepth;
        }
        store(s00, c, c0);
        store(s01, c, c0 + BYTES);
        store(s10, c, c1);
        store(s11, c, c1 + BYTES);
        store(s20, c, c2);
        store(s21, c, c2 + BYTES);
        store(s30, c, c3);
        store(s31, c, c3 + BYTES);
    }

    private static void rows1x2(Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        MemorySegment a = io.a;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long c0 = cBase;
        FloatVector s00 = start(c, c0, beta);
        FloatVector s01 = start(c, c0 + BYTES, beta);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = load(b, at);
            FloatVector b1 = load(b, at + BYTES);
            FloatVector a0 = broadcast(a, from);
            s00 = a0.fma(b0, s00);
            s01 = a0.fma(b1, s01);
            from += io.aDepth;
            at += io.bDepth;
        }
        store(s00, c, c0);
        store(s01, c, c0 + BYTES);
    }

    private static void rows8x1(Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        MemorySegment a = io.a;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long aRow = io.aRow;
        long c0 = cBase;
        FloatVector s00 = start(c, c0, beta);
        long c1 = cBase + 1 * io.cRow;
        FloatVector s10 = start(c, c1, beta);
        long c2 = cBase + 2 * io.cRow;
        FloatVector s20 = start(c, c2, beta);
        long c3 = cBase + 3 * io.cRow;
        FloatVector s30 = start(c, c3, beta);
        long c4 = cBase + 4 * io.cRow;
        FloatVector s40 = start(c, c4, beta);
        long c5 = cBase + 5 * io.cRow;
        FloatVector s50 = start(c, c5, beta);
        long c6 = cBase + 6 * io.cRow;
        FloatVector s60 = start(c, c6, beta);
        long c7 = cBase + 7 * io.cRow;
        FloatVector s70 = start(c, c7, beta);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = load(b, at);
            FloatVector a0 = broadcast(a, from);
            s00 = a0.fma(b0, s00);
            FloatVector a1 = broadcast(a, from + aRow);
            s10 = a1.fma(b0, s10);
            FloatVector a2 = broadcast(a, from + 2 * aRow);
            s20 = a2.fma(b0, s20);
            FloatVector a3 = broadcast(a, from + 3 * aRow);
            s30 = a3.fma(b0, s30);
            FloatVector a4 = broadcast(a, from + 4 * aRow);
            s40 = a4.fma(b0, s40);
            FloatVector a5 = broadcast(a, from + 5 * aRow);
            s50 = a5.fma(b0, s50);
            FloatVector a6 = broadcast(a, from + 6 * aRow);
            s60 = a6.fma(b0, s60);
            FloatVector a7 = broadcast(a, from + 7 * aRow);
            s70 = a7.fma(b0, s70);
            from += io.aDepth;
            at += io.bDepth;
        }
        store(s00, c, c0);
        store(s10, c, c1);
        store(s20, c, c2);
        store(s30, c, c3);
        store(s40, c, c4);
        store(s50, c, c5);
        store(s60, c, c6);
        store(s70, c, c7);
    }

    private static void rows4x1(Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        MemorySegment a = io.a;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long aRow = io.aRow;
        long c0 = cBase;
        FloatVector s00 = start(c, c0, beta);
        long c1 = cBase + 1 * io.cRow;
        FloatVector s10 = start(c, c1, beta);
        long c2 = cBase + 2 * io.cRow;
        FloatVector s20 = start(c, c2, beta);
        long c3 = cBase + 3 * io.cRow;
        FloatVector s30 = start(c, c3, beta);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = load(b, at);
            FloatVector a0 = broadcast(a, from);
            s00 = a0.fma(b0, s00);
            FloatVector a1 = broadcast(a, from + aRow);
            s10 = a1.fma(b0, s10);
            FloatVector a2 = broadcast(a, from + 2 * aRow);
            s20 = a2.fma(b0, s20);
            FloatVector a3 = broadcast(a, from + 3 * aRow);
            s30 = a3.fma(b0, s30);
            from += io.aDepth;
            at += io.bDepth;
        }
        store(s00, c, c0);
        store(s10, c, c1);
        store(s20, c, c2);
        store(s30, c, c3);
    }

    private static void rows1x1(Operands io, long aBase, long bBase, long cBase, int depth, float beta) {
        MemorySegment a = io.a;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long c0 = cBase;
        FloatVector s00 = start(c, c0, beta);
        long from = aBase;
        long at = bBase;
        for (int k = 0; k < depth; k++) {
            FloatVector b0 = load(b, at);
            FloatVector a0 = broadcast(a, from);
            s00 = a0.fma(b0, s00);
            from += io.aDepth;
            at += io.bDepth;
        }
        store(s00, c, c0);
    }
}
