package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.PatternPlan.Csr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The microkernel {@code out[row, :] += w · in[offset(nonzero), :]} over strips of 8, 4, 2 or 1 vectors of columns. Every
 * output is one FMA chain in the order of its row's nonzeros; latency is hidden by several rows or vectors in flight, never
 * by splitting a chain. Eight accumulators fit the registers of every vector width, with memory operands left to the FMA.
 *
 * <p>Every vector access is a call of the Vector API itself, never of a helper: C2 inlines the API whatever the size of the
 * method, but ours only until its budget of nodes is used up. The stores at the end then stayed calls, every accumulator
 * became an object, and a product at N = 32 ran at 5 GF/s instead of 37.
 */
final class SpmmKernels {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private SpmmKernels() {}

    /** Where the operands lie: values in the order of the structure, B and C as bytes from row to row. */
    record Operands(MemorySegment values, MemorySegment b, long bStride, MemorySegment c, long cStride) {}

    /** Rows {@code order[from .. to)} over {@code vectors} vectors of columns that start at the given bases. */
    static void strip(int vectors, Csr csr, int from, int to, Operands io, long bBase, long cBase, float beta) {
        int together = together(vectors);
        int index = from;
        for (; index + together <= to && together > 1; index += together) {
            int done = switch (vectors) {
                case 4 -> rows2x4(csr, index, io, bBase, cBase, beta);
                case 2 -> rows4x2(csr, index, io, bBase, cBase, beta);
                default -> rows4x1(csr, index, io, bBase, cBase, beta);
            };
            // Rows come by descending length: what the earlier ones have left continues their stored chains.
            for (int i = index; i < index + together - 1; i++) {
                int row = csr.order[i];
                int next = csr.rowPtr[row] + done;
                if (next < csr.rowPtr[row + 1]) {
                    row(vectors, row, next, csr, io, bBase, cBase, 1);
                }
            }
        }
        for (; index < to; index++) {
            int row = csr.order[index];
            row(vectors, row, csr.rowPtr[row], csr, io, bBase, cBase, beta);
        }
    }

    /** Rows interleaved so that rows times vectors make eight accumulators, or four. */
    private static int together(int vectors) {
        return switch (vectors) {
            case 8 -> 1;
            case 4 -> 2;
            default -> 4;
        };
    }

    private static void row(int vectors, int row, int p, Csr csr, Operands io, long bBase, long cBase, float beta) {
        switch (vectors) {
            case 8 -> row8(row, p, csr, io, bBase, cBase, beta);
            case 4 -> row4(row, p, csr, io, bBase, cBase, beta);
            case 2 -> row2(row, p, csr, io, bBase, cBase, beta);
            default -> row1(row, p, csr, io, bBase, cBase, beta);
        }
    }

    private static FloatVector start(MemorySegment c, long offset, float beta) {
        return beta == 0
                ? FloatVector.zero(F)
                : fromMemorySegment(F, c, offset, LITTLE_ENDIAN).mul(beta);
    }

    /** 2 rows over 4 vectors of columns, 8 accumulators, as long as the shortest goes. Returns that length. */
    private static int rows2x4(Csr csr, int index, Operands io, long bBase, long cBase, float beta) {
        int[] order = csr.order;
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        long cStride = io.cStride;
        int row0 = order[index];
        int row1 = order[index + 1];
        int p0 = rowPtr[row0];
        int p1 = rowPtr[row1];
        // Rows come by descending length, so the last one ends first.
        int common = rowPtr[row1 + 1] - p1;
        long c0 = cBase + row0 * cStride;
        FloatVector a00 = start(c, c0, beta);
        FloatVector a01 = start(c, c0 + 1L * BYTES, beta);
        FloatVector a02 = start(c, c0 + 2L * BYTES, beta);
        FloatVector a03 = start(c, c0 + 3L * BYTES, beta);
        long c1 = cBase + row1 * cStride;
        FloatVector a10 = start(c, c1, beta);
        FloatVector a11 = start(c, c1 + 1L * BYTES, beta);
        FloatVector a12 = start(c, c1 + 2L * BYTES, beta);
        FloatVector a13 = start(c, c1 + 3L * BYTES, beta);
        for (int q = 0; q < common; q++) {
            long b0 = bBase + colIdx[p0 + q] * bStride;
            FloatVector w0 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p0 + q));
            a00 = w0.fma(fromMemorySegment(F, b, b0, LITTLE_ENDIAN), a00);
            a01 = w0.fma(fromMemorySegment(F, b, b0 + 1L * BYTES, LITTLE_ENDIAN), a01);
            a02 = w0.fma(fromMemorySegment(F, b, b0 + 2L * BYTES, LITTLE_ENDIAN), a02);
            a03 = w0.fma(fromMemorySegment(F, b, b0 + 3L * BYTES, LITTLE_ENDIAN), a03);
            long b1 = bBase + colIdx[p1 + q] * bStride;
            FloatVector w1 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p1 + q));
            a10 = w1.fma(fromMemorySegment(F, b, b1, LITTLE_ENDIAN), a10);
            a11 = w1.fma(fromMemorySegment(F, b, b1 + 1L * BYTES, LITTLE_ENDIAN), a11);
            a12 = w1.fma(fromMemorySegment(F, b, b1 + 2L * BYTES, LITTLE_ENDIAN), a12);
            a13 = w1.fma(fromMemorySegment(F, b, b1 + 3L * BYTES, LITTLE_ENDIAN), a13);
        }
        a00.intoMemorySegment(c, c0, LITTLE_ENDIAN);
        a01.intoMemorySegment(c, c0 + 1L * BYTES, LITTLE_ENDIAN);
        a02.intoMemorySegment(c, c0 + 2L * BYTES, LITTLE_ENDIAN);
        a03.intoMemorySegment(c, c0 + 3L * BYTES, LITTLE_ENDIAN);
        a10.intoMemorySegment(c, c1, LITTLE_ENDIAN);
        a11.intoMemorySegment(c, c1 + 1L * BYTES, LITTLE_ENDIAN);
        a12.intoMemorySegment(c, c1 + 2L * BYTES, LITTLE_ENDIAN);
        a13.intoMemorySegment(c, c1 + 3L * BYTES, LITTLE_ENDIAN);
        return common;
    }

    /** 4 rows over 2 vectors of columns, 8 accumulators, as long as the shortest goes. Returns that length. */
    private static int rows4x2(Csr csr, int index, Operands io, long bBase, long cBase, float beta) {
        int[] order = csr.order;
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        long cStride = io.cStride;
        int row0 = order[index];
        int row1 = order[index + 1];
        int row2 = order[index + 2];
        int row3 = order[index + 3];
        int p0 = rowPtr[row0];
        int p1 = rowPtr[row1];
        int p2 = rowPtr[row2];
        int p3 = rowPtr[row3];
        // Rows come by descending length, so the last one ends first.
        int common = rowPtr[row3 + 1] - p3;
        long c0 = cBase + row0 * cStride;
        FloatVector a00 = start(c, c0, beta);
        FloatVector a01 = start(c, c0 + 1L * BYTES, beta);
        long c1 = cBase + row1 * cStride;
        FloatVector a10 = start(c, c1, beta);
        FloatVector a11 = start(c, c1 + 1L * BYTES, beta);
        long c2 = cBase + row2 * cStride;
        FloatVector a20 = start(c, c2, beta);
        FloatVector a21 = start(c, c2 + 1L * BYTES, beta);
        long c3 = cBase + row3 * cStride;
        FloatVector a30 = start(c, c3, beta);
        FloatVector a31 = start(c, c3 + 1L * BYTES, beta);
        for (int q = 0; q < common; q++) {
            long b0 = bBase + colIdx[p0 + q] * bStride;
            FloatVector w0 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p0 + q));
            a00 = w0.fma(fromMemorySegment(F, b, b0, LITTLE_ENDIAN), a00);
            a01 = w0.fma(fromMemorySegment(F, b, b0 + 1L * BYTES, LITTLE_ENDIAN), a01);
            long b1 = bBase + colIdx[p1 + q] * bStride;
            FloatVector w1 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p1 + q));
            a10 = w1.fma(fromMemorySegment(F, b, b1, LITTLE_ENDIAN), a10);
            a11 = w1.fma(fromMemorySegment(F, b, b1 + 1L * BYTES, LITTLE_ENDIAN), a11);
            long b2 = bBase + colIdx[p2 + q] * bStride;
            FloatVector w2 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p2 + q));
            a20 = w2.fma(fromMemorySegment(F, b, b2, LITTLE_ENDIAN), a20);
            a21 = w2.fma(fromMemorySegment(F, b, b2 + 1L * BYTES, LITTLE_ENDIAN), a21);
            long b3 = bBase + colIdx[p3 + q] * bStride;
            FloatVector w3 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p3 + q));
            a30 = w3.fma(fromMemorySegment(F, b, b3, LITTLE_ENDIAN), a30);
            a31 = w3.fma(fromMemorySegment(F, b, b3 + 1L * BYTES, LITTLE_ENDIAN), a31);
        }
        a00.intoMemorySegment(c, c0, LITTLE_ENDIAN);
        a01.intoMemorySegment(c, c0 + 1L * BYTES, LITTLE_ENDIAN);
        a10.intoMemorySegment(c, c1, LITTLE_ENDIAN);
        a11.intoMemorySegment(c, c1 + 1L * BYTES, LITTLE_ENDIAN);
        a20.intoMemorySegment(c, c2, LITTLE_ENDIAN);
        a21.intoMemorySegment(c, c2 + 1L * BYTES, LITTLE_ENDIAN);
        a30.intoMemorySegment(c, c3, LITTLE_ENDIAN);
        a31.intoMemorySegment(c, c3 + 1L * BYTES, LITTLE_ENDIAN);
        return common;
    }

    /** 4 rows over 1 vector of columns, 4 accumulators, as long as the shortest goes. Returns that length. */
    private static int rows4x1(Csr csr, int index, Operands io, long bBase, long cBase, float beta) {
        int[] order = csr.order;
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        long cStride = io.cStride;
        int row0 = order[index];
        int row1 = order[index + 1];
        int row2 = order[index + 2];
        int row3 = order[index + 3];
        int p0 = rowPtr[row0];
        int p1 = rowPtr[row1];
        int p2 = rowPtr[row2];
        int p3 = rowPtr[row3];
        // Rows come by descending length, so the last one ends first.
        int common = rowPtr[row3 + 1] - p3;
        long c0 = cBase + row0 * cStride;
        FloatVector a00 = start(c, c0, beta);
        long c1 = cBase + row1 * cStride;
        FloatVector a10 = start(c, c1, beta);
        long c2 = cBase + row2 * cStride;
        FloatVector a20 = start(c, c2, beta);
        long c3 = cBase + row3 * cStride;
        FloatVector a30 = start(c, c3, beta);
        for (int q = 0; q < common; q++) {
            long b0 = bBase + colIdx[p0 + q] * bStride;
            FloatVector w0 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p0 + q));
            a00 = w0.fma(fromMemorySegment(F, b, b0, LITTLE_ENDIAN), a00);
            long b1 = bBase + colIdx[p1 + q] * bStride;
            FloatVector w1 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p1 + q));
            a10 = w1.fma(fromMemorySegment(F, b, b1, LITTLE_ENDIAN), a10);
            long b2 = bBase + colIdx[p2 + q] * bStride;
            FloatVector w2 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p2 + q));
            a20 = w2.fma(fromMemorySegment(F, b, b2, LITTLE_ENDIAN), a20);
            long b3 = bBase + colIdx[p3 + q] * bStride;
            FloatVector w3 = FloatVector.broadcast(F, values.getAtIndex(FLOAT, p3 + q));
            a30 = w3.fma(fromMemorySegment(F, b, b3, LITTLE_ENDIAN), a30);
        }
        a00.intoMemorySegment(c, c0, LITTLE_ENDIAN);
        a10.intoMemorySegment(c, c1, LITTLE_ENDIAN);
        a20.intoMemorySegment(c, c2, LITTLE_ENDIAN);
        a30.intoMemorySegment(c, c3, LITTLE_ENDIAN);
        return common;
    }

    /** One row from position p on. Continuing a stored accumulator (beta = 1) continues the same chain. */
    private static void row8(int row, int p, Csr csr, Operands io, long bBase, long cBase, float beta) {
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        int end = csr.rowPtr[row + 1];
        long at = cBase + row * io.cStride;
        FloatVector a0 = start(c, at, beta);
        FloatVector a1 = start(c, at + 1L * BYTES, beta);
        FloatVector a2 = start(c, at + 2L * BYTES, beta);
        FloatVector a3 = start(c, at + 3L * BYTES, beta);
        FloatVector a4 = start(c, at + 4L * BYTES, beta);
        FloatVector a5 = start(c, at + 5L * BYTES, beta);
        FloatVector a6 = start(c, at + 6L * BYTES, beta);
        FloatVector a7 = start(c, at + 7L * BYTES, beta);
        for (int q = p; q < end; q++) {
            long from = bBase + colIdx[q] * bStride;
            FloatVector w = FloatVector.broadcast(F, values.getAtIndex(FLOAT, q));
            a0 = w.fma(fromMemorySegment(F, b, from, LITTLE_ENDIAN), a0);
            a1 = w.fma(fromMemorySegment(F, b, from + 1L * BYTES, LITTLE_ENDIAN), a1);
            a2 = w.fma(fromMemorySegment(F, b, from + 2L * BYTES, LITTLE_ENDIAN), a2);
            a3 = w.fma(fromMemorySegment(F, b, from + 3L * BYTES, LITTLE_ENDIAN), a3);
            a4 = w.fma(fromMemorySegment(F, b, from + 4L * BYTES, LITTLE_ENDIAN), a4);
            a5 = w.fma(fromMemorySegment(F, b, from + 5L * BYTES, LITTLE_ENDIAN), a5);
            a6 = w.fma(fromMemorySegment(F, b, from + 6L * BYTES, LITTLE_ENDIAN), a6);
            a7 = w.fma(fromMemorySegment(F, b, from + 7L * BYTES, LITTLE_ENDIAN), a7);
        }
        a0.intoMemorySegment(c, at, LITTLE_ENDIAN);
        a1.intoMemorySegment(c, at + 1L * BYTES, LITTLE_ENDIAN);
        a2.intoMemorySegment(c, at + 2L * BYTES, LITTLE_ENDIAN);
        a3.intoMemorySegment(c, at + 3L * BYTES, LITTLE_ENDIAN);
        a4.intoMemorySegment(c, at + 4L * BYTES, LITTLE_ENDIAN);
        a5.intoMemorySegment(c, at + 5L * BYTES, LITTLE_ENDIAN);
        a6.intoMemorySegment(c, at + 6L * BYTES, LITTLE_ENDIAN);
        a7.intoMemorySegment(c, at + 7L * BYTES, LITTLE_ENDIAN);
    }

    /** One row from position p on. Continuing a stored accumulator (beta = 1) continues the same chain. */
    private static void row4(int row, int p, Csr csr, Operands io, long bBase, long cBase, float beta) {
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        int end = csr.rowPtr[row + 1];
        long at = cBase + row * io.cStride;
        FloatVector a0 = start(c, at, beta);
        FloatVector a1 = start(c, at + 1L * BYTES, beta);
        FloatVector a2 = start(c, at + 2L * BYTES, beta);
        FloatVector a3 = start(c, at + 3L * BYTES, beta);
        for (int q = p; q < end; q++) {
            long from = bBase + colIdx[q] * bStride;
            FloatVector w = FloatVector.broadcast(F, values.getAtIndex(FLOAT, q));
            a0 = w.fma(fromMemorySegment(F, b, from, LITTLE_ENDIAN), a0);
            a1 = w.fma(fromMemorySegment(F, b, from + 1L * BYTES, LITTLE_ENDIAN), a1);
            a2 = w.fma(fromMemorySegment(F, b, from + 2L * BYTES, LITTLE_ENDIAN), a2);
            a3 = w.fma(fromMemorySegment(F, b, from + 3L * BYTES, LITTLE_ENDIAN), a3);
        }
        a0.intoMemorySegment(c, at, LITTLE_ENDIAN);
        a1.intoMemorySegment(c, at + 1L * BYTES, LITTLE_ENDIAN);
        a2.intoMemorySegment(c, at + 2L * BYTES, LITTLE_ENDIAN);
        a3.intoMemorySegment(c, at + 3L * BYTES, LITTLE_ENDIAN);
    }

    /** One row from position p on. Continuing a stored accumulator (beta = 1) continues the same chain. */
    private static void row2(int row, int p, Csr csr, Operands io, long bBase, long cBase, float beta) {
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        int end = csr.rowPtr[row + 1];
        long at = cBase + row * io.cStride;
        FloatVector a0 = start(c, at, beta);
        FloatVector a1 = start(c, at + 1L * BYTES, beta);
        for (int q = p; q < end; q++) {
            long from = bBase + colIdx[q] * bStride;
            FloatVector w = FloatVector.broadcast(F, values.getAtIndex(FLOAT, q));
            a0 = w.fma(fromMemorySegment(F, b, from, LITTLE_ENDIAN), a0);
            a1 = w.fma(fromMemorySegment(F, b, from + 1L * BYTES, LITTLE_ENDIAN), a1);
        }
        a0.intoMemorySegment(c, at, LITTLE_ENDIAN);
        a1.intoMemorySegment(c, at + 1L * BYTES, LITTLE_ENDIAN);
    }

    /** One row from position p on. Continuing a stored accumulator (beta = 1) continues the same chain. */
    private static void row1(int row, int p, Csr csr, Operands io, long bBase, long cBase, float beta) {
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        int end = csr.rowPtr[row + 1];
        long at = cBase + row * io.cStride;
        FloatVector a0 = start(c, at, beta);
        for (int q = p; q < end; q++) {
            long from = bBase + colIdx[q] * bStride;
            FloatVector w = FloatVector.broadcast(F, values.getAtIndex(FLOAT, q));
            a0 = w.fma(fromMemorySegment(F, b, from, LITTLE_ENDIAN), a0);
        }
        a0.intoMemorySegment(c, at, LITTLE_ENDIAN);
    }

    /** The last {@code columns} columns of a row-major operand, fewer than a vector: the only place with masks. */
    static void tail(int columns, Csr csr, int from, int to, Operands io, long bBase, long cBase, float beta) {
        VectorMask<Float> mask = F.indexInRange(0, columns);
        for (int index = from; index < to; index++) {
            int row = csr.order[index];
            long at = cBase + row * io.cStride;
            FloatVector sum =
                    beta == 0 ? FloatVector.zero(F) : masked(io.c, at, mask).mul(beta);
            for (int q = csr.rowPtr[row]; q < csr.rowPtr[row + 1]; q++) {
                FloatVector w = FloatVector.broadcast(F, io.values.getAtIndex(FLOAT, q));
                sum = w.fma(masked(io.b, bBase + csr.colIdx[q] * io.bStride, mask), sum);
            }
            sum.intoMemorySegment(io.c, at, LITTLE_ENDIAN, mask);
        }
    }

    private static FloatVector masked(MemorySegment segment, long offset, VectorMask<Float> mask) {
        return fromMemorySegment(F, segment, offset, LITTLE_ENDIAN, mask);
    }
}
