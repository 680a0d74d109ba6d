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
 *
 * <p>Every vector access is a call of the Vector API itself, never of a helper: C2 inlines the API whatever the size of the
 * method, but ours only until its budget of nodes is used up. The stores at the end then stayed calls, every accumulator
 * became an object, and a product at N = 32 ran at 5 GF/s instead of 37.
 */
final class SpmmKernels {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private SpmmKernels() {}

    /**
     * Where the operands lie: values in the order of the structure, B and C as bytes from row to row. Mutable and kept, so
     * that a step allocates nothing.
     */
    static final class Operands {

        MemorySegment values = MemorySegment.NULL;
        MemorySegment b = MemorySegment.NULL;
        long bStride;
        MemorySegment c = MemorySegment.NULL;
        long cStride;

        Operands set(MemorySegment values, CpuTensor b, CpuTensor c) {
            this.values = values;
            this.b = b.data;
            this.bStride = b.rowStride();
            this.c = c.data;
            this.cStride = c.rowStride();
            return this;
        }
    }

    /**
     * Rows {@code order[from .. to)} over {@code vectors} vectors of columns that start at the given bases. Rows start from
     * zero in groups, and from beta·C one by one: kernels that may do either box their accumulators, and kernels that load as
     * many as they hold outgrow C2's inlining budget.
     */
    static void strip(int vectors, Csr csr, int from, int to, Operands io, long bBase, long cBase, float beta) {
        int together = together(vectors);
        int index = from;
        if (beta == 0) {
            for (; index + together <= to; index += together) {
                int done = group(vectors, csr, index, io, bBase, cBase);
                // Rows come by descending length: what the earlier ones have left continues their stored chains.
                for (int i = index; i < index + together - 1; i++) {
                    int row = csr.order[i];
                    int next = csr.rowPtr[row] + done;
                    if (next < csr.rowPtr[row + 1]) {
                        row(vectors, row, next, csr, io, bBase, cBase);
                    }
                }
            }
        }
        for (; index < to; index++) {
            int row = csr.order[index];
            Scaling.row(vectors, io.c, cBase + row * io.cStride, beta);
            row(vectors, row, csr.rowPtr[row], csr, io, bBase, cBase);
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

    private static int group(int vectors, Csr csr, int index, Operands io, long bBase, long cBase) {
        return switch (vectors) {
            case 8 -> rows1x8(csr, index, io, bBase, cBase);
            case 4 -> rows2x4(csr, index, io, bBase, cBase);
            case 2 -> rows4x2(csr, index, io, bBase, cBase);
            case 1 -> rows4x1(csr, index, io, bBase, cBase);
            default -> throw new IllegalArgumentException("No kernel for " + vectors + " vectors");
        };
    }

    private static void row(int vectors, int row, int p, Csr csr, Operands io, long bBase, long cBase) {
        switch (vectors) {
            case 8 -> {
                row4(row, p, csr, io, bBase, cBase);
                row4(row, p, csr, io, bBase + 4L * BYTES, cBase + 4L * BYTES);
            }
            case 4 -> row4(row, p, csr, io, bBase, cBase);
            case 2 -> row2(row, p, csr, io, bBase, cBase);
            default -> row1(row, p, csr, io, bBase, cBase);
        }
    }

    /** 1 row over 8 vectors of columns. Returns its length. */
    private static int rows1x8(Csr csr, int index, Operands io, long bBase, long cBase) {
        int[] order = csr.order;
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        long cStride = io.cStride;
        int row0 = order[index];
        int p0 = rowPtr[row0];
        int common = rowPtr[row0 + 1] - p0;
        long c0 = cBase + row0 * cStride;
        FloatVector a00 = FloatVector.zero(F);
        FloatVector a01 = FloatVector.zero(F);
        FloatVector a02 = FloatVector.zero(F);
        FloatVector a03 = FloatVector.zero(F);
        FloatVector a04 = FloatVector.zero(F);
        FloatVector a05 = FloatVector.zero(F);
        FloatVector a06 = FloatVector.zero(F);
        FloatVector a07 = FloatVector.zero(F);
        for (int q = 0; q < common; q++) {
            long b0 = bBase + colIdx[p0 + q] * bStride;
            FloatVector w0 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p0 + q)));
            a00 = w0.fma(fromMemorySegment(F, b, b0, LITTLE_ENDIAN), a00);
            a01 = w0.fma(fromMemorySegment(F, b, b0 + 1L * BYTES, LITTLE_ENDIAN), a01);
            a02 = w0.fma(fromMemorySegment(F, b, b0 + 2L * BYTES, LITTLE_ENDIAN), a02);
            a03 = w0.fma(fromMemorySegment(F, b, b0 + 3L * BYTES, LITTLE_ENDIAN), a03);
            a04 = w0.fma(fromMemorySegment(F, b, b0 + 4L * BYTES, LITTLE_ENDIAN), a04);
            a05 = w0.fma(fromMemorySegment(F, b, b0 + 5L * BYTES, LITTLE_ENDIAN), a05);
            a06 = w0.fma(fromMemorySegment(F, b, b0 + 6L * BYTES, LITTLE_ENDIAN), a06);
            a07 = w0.fma(fromMemorySegment(F, b, b0 + 7L * BYTES, LITTLE_ENDIAN), a07);
        }
        a00.intoMemorySegment(c, c0, LITTLE_ENDIAN);
        a01.intoMemorySegment(c, c0 + 1L * BYTES, LITTLE_ENDIAN);
        a02.intoMemorySegment(c, c0 + 2L * BYTES, LITTLE_ENDIAN);
        a03.intoMemorySegment(c, c0 + 3L * BYTES, LITTLE_ENDIAN);
        a04.intoMemorySegment(c, c0 + 4L * BYTES, LITTLE_ENDIAN);
        a05.intoMemorySegment(c, c0 + 5L * BYTES, LITTLE_ENDIAN);
        a06.intoMemorySegment(c, c0 + 6L * BYTES, LITTLE_ENDIAN);
        a07.intoMemorySegment(c, c0 + 7L * BYTES, LITTLE_ENDIAN);
        return common;
    }

    /** 2 rows over 4 vectors of columns, 8 accumulators, from zero as long as the shortest goes. Returns that length. */
    private static int rows2x4(Csr csr, int index, Operands io, long bBase, long cBase) {
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
        FloatVector a00 = FloatVector.zero(F);
        FloatVector a01 = FloatVector.zero(F);
        FloatVector a02 = FloatVector.zero(F);
        FloatVector a03 = FloatVector.zero(F);
        long c1 = cBase + row1 * cStride;
        FloatVector a10 = FloatVector.zero(F);
        FloatVector a11 = FloatVector.zero(F);
        FloatVector a12 = FloatVector.zero(F);
        FloatVector a13 = FloatVector.zero(F);
        for (int q = 0; q < common; q++) {
            long b0 = bBase + colIdx[p0 + q] * bStride;
            FloatVector w0 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p0 + q)));
            a00 = w0.fma(fromMemorySegment(F, b, b0, LITTLE_ENDIAN), a00);
            a01 = w0.fma(fromMemorySegment(F, b, b0 + 1L * BYTES, LITTLE_ENDIAN), a01);
            a02 = w0.fma(fromMemorySegment(F, b, b0 + 2L * BYTES, LITTLE_ENDIAN), a02);
            a03 = w0.fma(fromMemorySegment(F, b, b0 + 3L * BYTES, LITTLE_ENDIAN), a03);
            long b1 = bBase + colIdx[p1 + q] * bStride;
            FloatVector w1 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p1 + q)));
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

    /** 4 rows over 2 vectors of columns, 8 accumulators, from zero as long as the shortest goes. Returns that length. */
    private static int rows4x2(Csr csr, int index, Operands io, long bBase, long cBase) {
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
        FloatVector a00 = FloatVector.zero(F);
        FloatVector a01 = FloatVector.zero(F);
        long c1 = cBase + row1 * cStride;
        FloatVector a10 = FloatVector.zero(F);
        FloatVector a11 = FloatVector.zero(F);
        long c2 = cBase + row2 * cStride;
        FloatVector a20 = FloatVector.zero(F);
        FloatVector a21 = FloatVector.zero(F);
        long c3 = cBase + row3 * cStride;
        FloatVector a30 = FloatVector.zero(F);
        FloatVector a31 = FloatVector.zero(F);
        for (int q = 0; q < common; q++) {
            long b0 = bBase + colIdx[p0 + q] * bStride;
            FloatVector w0 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p0 + q)));
            a00 = w0.fma(fromMemorySegment(F, b, b0, LITTLE_ENDIAN), a00);
            a01 = w0.fma(fromMemorySegment(F, b, b0 + 1L * BYTES, LITTLE_ENDIAN), a01);
            long b1 = bBase + colIdx[p1 + q] * bStride;
            FloatVector w1 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p1 + q)));
            a10 = w1.fma(fromMemorySegment(F, b, b1, LITTLE_ENDIAN), a10);
            a11 = w1.fma(fromMemorySegment(F, b, b1 + 1L * BYTES, LITTLE_ENDIAN), a11);
            long b2 = bBase + colIdx[p2 + q] * bStride;
            FloatVector w2 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p2 + q)));
            a20 = w2.fma(fromMemorySegment(F, b, b2, LITTLE_ENDIAN), a20);
            a21 = w2.fma(fromMemorySegment(F, b, b2 + 1L * BYTES, LITTLE_ENDIAN), a21);
            long b3 = bBase + colIdx[p3 + q] * bStride;
            FloatVector w3 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p3 + q)));
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

    /** 4 rows over 1 vector of columns, 4 accumulators, from zero as long as the shortest goes. Returns that length. */
    private static int rows4x1(Csr csr, int index, Operands io, long bBase, long cBase) {
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
        FloatVector a00 = FloatVector.zero(F);
        long c1 = cBase + row1 * cStride;
        FloatVector a10 = FloatVector.zero(F);
        long c2 = cBase + row2 * cStride;
        FloatVector a20 = FloatVector.zero(F);
        long c3 = cBase + row3 * cStride;
        FloatVector a30 = FloatVector.zero(F);
        for (int q = 0; q < common; q++) {
            long b0 = bBase + colIdx[p0 + q] * bStride;
            FloatVector w0 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p0 + q)));
            a00 = w0.fma(fromMemorySegment(F, b, b0, LITTLE_ENDIAN), a00);
            long b1 = bBase + colIdx[p1 + q] * bStride;
            FloatVector w1 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p1 + q)));
            a10 = w1.fma(fromMemorySegment(F, b, b1, LITTLE_ENDIAN), a10);
            long b2 = bBase + colIdx[p2 + q] * bStride;
            FloatVector w2 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p2 + q)));
            a20 = w2.fma(fromMemorySegment(F, b, b2, LITTLE_ENDIAN), a20);
            long b3 = bBase + colIdx[p3 + q] * bStride;
            FloatVector w3 = FloatVector.broadcast(F, values.get(FLOAT, 4L * (p3 + q)));
            a30 = w3.fma(fromMemorySegment(F, b, b3, LITTLE_ENDIAN), a30);
        }
        a00.intoMemorySegment(c, c0, LITTLE_ENDIAN);
        a10.intoMemorySegment(c, c1, LITTLE_ENDIAN);
        a20.intoMemorySegment(c, c2, LITTLE_ENDIAN);
        a30.intoMemorySegment(c, c3, LITTLE_ENDIAN);
        return common;
    }

    /** One row from position p on. It continues the chain that C holds. */
    private static void row4(int row, int p, Csr csr, Operands io, long bBase, long cBase) {
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        int end = csr.rowPtr[row + 1];
        long at = cBase + row * io.cStride;
        FloatVector a0 = fromMemorySegment(F, c, at, LITTLE_ENDIAN);
        FloatVector a1 = fromMemorySegment(F, c, at + 1L * BYTES, LITTLE_ENDIAN);
        FloatVector a2 = fromMemorySegment(F, c, at + 2L * BYTES, LITTLE_ENDIAN);
        FloatVector a3 = fromMemorySegment(F, c, at + 3L * BYTES, LITTLE_ENDIAN);
        for (int q = p; q < end; q++) {
            long from = bBase + colIdx[q] * bStride;
            FloatVector w = FloatVector.broadcast(F, values.get(FLOAT, 4L * q));
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

    /** One row from position p on. It continues the chain that C holds. */
    private static void row2(int row, int p, Csr csr, Operands io, long bBase, long cBase) {
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        int end = csr.rowPtr[row + 1];
        long at = cBase + row * io.cStride;
        FloatVector a0 = fromMemorySegment(F, c, at, LITTLE_ENDIAN);
        FloatVector a1 = fromMemorySegment(F, c, at + 1L * BYTES, LITTLE_ENDIAN);
        for (int q = p; q < end; q++) {
            long from = bBase + colIdx[q] * bStride;
            FloatVector w = FloatVector.broadcast(F, values.get(FLOAT, 4L * q));
            a0 = w.fma(fromMemorySegment(F, b, from, LITTLE_ENDIAN), a0);
            a1 = w.fma(fromMemorySegment(F, b, from + 1L * BYTES, LITTLE_ENDIAN), a1);
        }
        a0.intoMemorySegment(c, at, LITTLE_ENDIAN);
        a1.intoMemorySegment(c, at + 1L * BYTES, LITTLE_ENDIAN);
    }

    /** One row from position p on. It continues the chain that C holds. */
    private static void row1(int row, int p, Csr csr, Operands io, long bBase, long cBase) {
        int[] colIdx = csr.colIdx;
        MemorySegment values = io.values;
        MemorySegment b = io.b;
        MemorySegment c = io.c;
        long bStride = io.bStride;
        int end = csr.rowPtr[row + 1];
        long at = cBase + row * io.cStride;
        FloatVector a0 = fromMemorySegment(F, c, at, LITTLE_ENDIAN);
        for (int q = p; q < end; q++) {
            long from = bBase + colIdx[q] * bStride;
            FloatVector w = FloatVector.broadcast(F, values.get(FLOAT, 4L * q));
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
                FloatVector w = FloatVector.broadcast(F, io.values.get(FLOAT, 4L * q));
                sum = w.fma(masked(io.b, bBase + csr.colIdx[q] * io.bStride, mask), sum);
            }
            sum.intoMemorySegment(io.c, at, LITTLE_ENDIAN, mask);
        }
    }

    private static FloatVector masked(MemorySegment segment, long offset, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(F, segment, offset, LITTLE_ENDIAN, mask);
    }
}
