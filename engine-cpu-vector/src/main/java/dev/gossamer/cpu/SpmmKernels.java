package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import dev.gossamer.cpu.PatternPlan.Csr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The microkernel {@code out[row, :] += w · in[offset(nonzero), :]} over strips of 8, 4, 2 or 1 vectors of columns. Every
 * output is one FMA chain in the order of its row's nonzeros, kept in a register. Rows follow each other in memory order and
 * one at a time: the processor overlaps the chains of neighbouring rows by itself, and prefetches what is read in order.
 * Interleaving two or four rows of similar length by hand was slower in every cell tried.
 *
 * <p>Two things keep C2 from falling off a cliff of a factor of ten to a hundred. Every vector access is a call of the Vector
 * API itself, never of a helper: C2 inlines the API whatever the size of the method, but ours only until a budget is used
 * up, and then the accumulators become objects. And one method holds one loop over rows of one width and one kind of start: a
 * kernel that either clears its accumulators or loads them was a tenth to a quarter slower once a process had done both.
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

    /** Rows {@code from .. to - 1} over {@code vectors} vectors of columns that start at the given bases. */
    static void strip(int vectors, Csr csr, int from, int to, Operands io, long bBase, long cBase, float beta) {
        if (from == to) {
            return;
        }
        long width = (long) vectors * BYTES;
        int nnz = csr.colIdx.length;
        long v = Raw.address(io.values, 0, (long) nnz * Float.BYTES);
        long b = csr.cols == 0 ? 0 : Raw.address(io.b, bBase, (csr.cols - 1) * io.bStride + width);
        long c = Raw.address(io.c, cBase, (csr.rows - 1) * io.cStride + width);
        int bStride = Math.toIntExact(io.bStride);
        int cStride = Math.toIntExact(io.cStride);
        if (beta == 0 && csr.cols <= Csr.NARROW) {
            MemorySegment narrow = csr.narrow();
            long columns = Raw.address(narrow, 0, (long) nnz * Character.BYTES);
            try {
                fresh(vectors, csr.rowPtr, columns, from, to, v, b, bStride, c, cStride);
            } finally {
                Reference.reachabilityFence(narrow); // freed with its plan, which nobody may hold any more
            }
            return;
        }
        for (int row = from; row < to; row++) {
            Scaling.row(vectors, c + (long) row * cStride, beta);
        }
        more(vectors, csr.rowPtr, csr.colIdx, from, to, v, b, bStride, c, cStride);
    }

    // Chains from zero: what training and inference do all the time, with the structure off-heap in 16 bits. It
    // needs no check of an index, and is read in half the bytes.

    private static void fresh(
            int vectors,
            int[] rowPtr,
            long colIdx,
            int from,
            int to,
            long v,
            long b,
            int bStride,
            long c,
            int cStride) {
        switch (vectors) {
            case 8 -> fresh8(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            case 4 -> fresh4(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            case 2 -> fresh2(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            case 1 -> fresh1(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            default -> throw new IllegalArgumentException("No kernel for " + vectors + " vectors");
        }
    }

    private static void fresh8(
            int[] rowPtr, long colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = (rowPtr[row + 1] - p) & Csr.LENGTH;
            long weights = (v + 4L * p) & USER;
            long columns = (colIdx + 2L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = FloatVector.zero(F);
            FloatVector a1 = FloatVector.zero(F);
            FloatVector a2 = FloatVector.zero(F);
            FloatVector a3 = FloatVector.zero(F);
            FloatVector a4 = FloatVector.zero(F);
            FloatVector a5 = FloatVector.zero(F);
            FloatVector a6 = FloatVector.zero(F);
            FloatVector a7 = FloatVector.zero(F);
            for (int q = 0; q < length; q++) {
                long in = input + ALL.get(ValueLayout.JAVA_CHAR_UNALIGNED, columns + 2L * q) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                a4 = w.fma(fromMemorySegment(F, ALL, in + 4L * BYTES, LITTLE_ENDIAN), a4);
                a5 = w.fma(fromMemorySegment(F, ALL, in + 5L * BYTES, LITTLE_ENDIAN), a5);
                a6 = w.fma(fromMemorySegment(F, ALL, in + 6L * BYTES, LITTLE_ENDIAN), a6);
                a7 = w.fma(fromMemorySegment(F, ALL, in + 7L * BYTES, LITTLE_ENDIAN), a7);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, output + 1L * BYTES, LITTLE_ENDIAN);
            a2.intoMemorySegment(ALL, output + 2L * BYTES, LITTLE_ENDIAN);
            a3.intoMemorySegment(ALL, output + 3L * BYTES, LITTLE_ENDIAN);
            a4.intoMemorySegment(ALL, output + 4L * BYTES, LITTLE_ENDIAN);
            a5.intoMemorySegment(ALL, output + 5L * BYTES, LITTLE_ENDIAN);
            a6.intoMemorySegment(ALL, output + 6L * BYTES, LITTLE_ENDIAN);
            a7.intoMemorySegment(ALL, output + 7L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void fresh4(
            int[] rowPtr, long colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = (rowPtr[row + 1] - p) & Csr.LENGTH;
            long weights = (v + 4L * p) & USER;
            long columns = (colIdx + 2L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = FloatVector.zero(F);
            FloatVector a1 = FloatVector.zero(F);
            FloatVector a2 = FloatVector.zero(F);
            FloatVector a3 = FloatVector.zero(F);
            for (int q = 0; q < length; q++) {
                long in = input + ALL.get(ValueLayout.JAVA_CHAR_UNALIGNED, columns + 2L * q) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, output + 1L * BYTES, LITTLE_ENDIAN);
            a2.intoMemorySegment(ALL, output + 2L * BYTES, LITTLE_ENDIAN);
            a3.intoMemorySegment(ALL, output + 3L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void fresh2(
            int[] rowPtr, long colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = (rowPtr[row + 1] - p) & Csr.LENGTH;
            long weights = (v + 4L * p) & USER;
            long columns = (colIdx + 2L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = FloatVector.zero(F);
            FloatVector a1 = FloatVector.zero(F);
            for (int q = 0; q < length; q++) {
                long in = input + ALL.get(ValueLayout.JAVA_CHAR_UNALIGNED, columns + 2L * q) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, output + 1L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void fresh1(
            int[] rowPtr, long colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = (rowPtr[row + 1] - p) & Csr.LENGTH;
            long weights = (v + 4L * p) & USER;
            long columns = (colIdx + 2L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = FloatVector.zero(F);
            for (int q = 0; q < length; q++) {
                long in = input + ALL.get(ValueLayout.JAVA_CHAR_UNALIGNED, columns + 2L * q) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
        }
    }

    // Chains that go on from what C holds.

    private static void more(
            int vectors,
            int[] rowPtr,
            int[] colIdx,
            int from,
            int to,
            long v,
            long b,
            int bStride,
            long c,
            int cStride) {
        switch (vectors) {
            case 8 -> more8(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            case 4 -> more4(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            case 2 -> more2(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            case 1 -> more1(rowPtr, colIdx, from, to, v, b, bStride, c, cStride);
            default -> throw new IllegalArgumentException("No kernel for " + vectors + " vectors");
        }
    }

    private static void more8(
            int[] rowPtr, int[] colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = rowPtr[row + 1] - p;
            long weights = (v + 4L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
            FloatVector a1 = fromMemorySegment(F, ALL, output + 1L * BYTES, LITTLE_ENDIAN);
            FloatVector a2 = fromMemorySegment(F, ALL, output + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector a3 = fromMemorySegment(F, ALL, output + 3L * BYTES, LITTLE_ENDIAN);
            FloatVector a4 = fromMemorySegment(F, ALL, output + 4L * BYTES, LITTLE_ENDIAN);
            FloatVector a5 = fromMemorySegment(F, ALL, output + 5L * BYTES, LITTLE_ENDIAN);
            FloatVector a6 = fromMemorySegment(F, ALL, output + 6L * BYTES, LITTLE_ENDIAN);
            FloatVector a7 = fromMemorySegment(F, ALL, output + 7L * BYTES, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long in = input + (colIdx[p + q] & INDEX) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
                a4 = w.fma(fromMemorySegment(F, ALL, in + 4L * BYTES, LITTLE_ENDIAN), a4);
                a5 = w.fma(fromMemorySegment(F, ALL, in + 5L * BYTES, LITTLE_ENDIAN), a5);
                a6 = w.fma(fromMemorySegment(F, ALL, in + 6L * BYTES, LITTLE_ENDIAN), a6);
                a7 = w.fma(fromMemorySegment(F, ALL, in + 7L * BYTES, LITTLE_ENDIAN), a7);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, output + 1L * BYTES, LITTLE_ENDIAN);
            a2.intoMemorySegment(ALL, output + 2L * BYTES, LITTLE_ENDIAN);
            a3.intoMemorySegment(ALL, output + 3L * BYTES, LITTLE_ENDIAN);
            a4.intoMemorySegment(ALL, output + 4L * BYTES, LITTLE_ENDIAN);
            a5.intoMemorySegment(ALL, output + 5L * BYTES, LITTLE_ENDIAN);
            a6.intoMemorySegment(ALL, output + 6L * BYTES, LITTLE_ENDIAN);
            a7.intoMemorySegment(ALL, output + 7L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void more4(
            int[] rowPtr, int[] colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = rowPtr[row + 1] - p;
            long weights = (v + 4L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
            FloatVector a1 = fromMemorySegment(F, ALL, output + 1L * BYTES, LITTLE_ENDIAN);
            FloatVector a2 = fromMemorySegment(F, ALL, output + 2L * BYTES, LITTLE_ENDIAN);
            FloatVector a3 = fromMemorySegment(F, ALL, output + 3L * BYTES, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long in = input + (colIdx[p + q] & INDEX) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
                a2 = w.fma(fromMemorySegment(F, ALL, in + 2L * BYTES, LITTLE_ENDIAN), a2);
                a3 = w.fma(fromMemorySegment(F, ALL, in + 3L * BYTES, LITTLE_ENDIAN), a3);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, output + 1L * BYTES, LITTLE_ENDIAN);
            a2.intoMemorySegment(ALL, output + 2L * BYTES, LITTLE_ENDIAN);
            a3.intoMemorySegment(ALL, output + 3L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void more2(
            int[] rowPtr, int[] colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = rowPtr[row + 1] - p;
            long weights = (v + 4L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
            FloatVector a1 = fromMemorySegment(F, ALL, output + 1L * BYTES, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long in = input + (colIdx[p + q] & INDEX) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
                a1 = w.fma(fromMemorySegment(F, ALL, in + 1L * BYTES, LITTLE_ENDIAN), a1);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
            a1.intoMemorySegment(ALL, output + 1L * BYTES, LITTLE_ENDIAN);
        }
    }

    private static void more1(
            int[] rowPtr, int[] colIdx, int from, int to, long v, long b, int bStride, long c, int cStride) {
        long input = b & USER;
        long step = bStride & INDEX;
        for (int row = from; row < to; row++) {
            int p = rowPtr[row];
            int length = rowPtr[row + 1] - p;
            long weights = (v + 4L * p) & USER;
            long output = (c + (long) row * cStride) & USER;
            FloatVector a0 = fromMemorySegment(F, ALL, output, LITTLE_ENDIAN);
            for (int q = 0; q < length; q++) {
                long in = input + (colIdx[p + q] & INDEX) * step;
                FloatVector w = FloatVector.broadcast(F, ALL.get(UNCHECKED, weights + 4L * q));
                a0 = w.fma(fromMemorySegment(F, ALL, in, LITTLE_ENDIAN), a0);
            }
            a0.intoMemorySegment(ALL, output, LITTLE_ENDIAN);
        }
    }

    /** The last {@code columns} columns of a row-major operand, fewer than a vector: the only place with masks. */
    static void tail(int columns, Csr csr, int from, int to, Operands io, long bBase, long cBase, float beta) {
        VectorMask<Float> mask = F.indexInRange(0, columns);
        for (int row = from; row < to; row++) {
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
