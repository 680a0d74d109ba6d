package dev.gossamer.cpu;

import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/**
 * y = alpha·A·x + beta·y. One chain per row leaves the adder waiting, so four rows of similar length go at once; more need
 * more addresses than there are registers. Columns are read as 16-bit numbers where they fit: C2 then knows that four times
 * a column is small, and makes it part of the load's address instead of a sum and a mask of its own.
 */
final class Spmv {

    private static final ValueLayout.OfChar COLUMN = ValueLayout.JAVA_CHAR_UNALIGNED;

    /** No row is longer where columns are 16-bit numbers; tells C2 that four times a position is small. */
    private static final int LENGTH = 0x1FFFF;

    private Spmv() {}

    static void run(CpuWorkspace workspace, float alpha, CpuValues a, CpuTensor x, float beta, CpuTensor y) {
        if (a.space.storage() != CpuSpace.Storage.PACKED) {
            DenseProduct.forward(workspace, alpha, a, x, beta, y);
            return;
        }
        PatternPlan.Csr csr = a.space.plan().csr;
        int parts = workspace.parts(2.0 * csr.colIdx.length);
        if (parts == 1) {
            rows(csr, 0, csr.rows, alpha, a.data, x.data, beta, y.data);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> rows(
                                    csr,
                                    csr.partStart(part, of),
                                    csr.partStart(part + 1, of),
                                    alpha,
                                    a.data,
                                    x.data,
                                    beta,
                                    y.data));
        }
    }

    private static void rows(
            PatternPlan.Csr csr,
            int from,
            int to,
            float alpha,
            MemorySegment a,
            MemorySegment x,
            float beta,
            MemorySegment y) {
        long weights = Raw.address(a, 0, 4L * csr.colIdx.length);
        long input = Raw.address(x, 0, 4L * csr.cols);
        long output = Raw.address(y, 0, 4L * csr.rows);
        int index = from;
        if (csr.cols <= PatternPlan.Csr.NARROW) {
            MemorySegment columns = csr.narrow();
            long narrow = Raw.address(columns, 0, 2L * csr.colIdx.length);
            try {
                index = narrow(csr, csr.rowPtr, csr.order, from, to, narrow, alpha, weights, input, beta, output);
            } finally {
                Reference.reachabilityFence(columns);
            }
        }
        for (; index < to; index++) {
            int row = csr.order[index];
            rest(csr, row, csr.rowPtr[row], start(output, row, beta), alpha, weights, input, output);
        }
    }

    /** Four rows at a time as long as the shortest, the last, goes; then what is left of the others. */
    private static int narrow(
            PatternPlan.Csr csr,
            int[] rowPtr,
            int[] order,
            int from,
            int to,
            long columns,
            float alpha,
            long a,
            long x,
            float beta,
            long y) {
        long input = x & USER;
        int index = from;
        for (; index + 4 <= to; index += 4) {
            int row0 = order[index];
            int row1 = order[index + 1];
            int row2 = order[index + 2];
            int row3 = order[index + 3];
            int p0 = rowPtr[row0];
            int p1 = rowPtr[row1];
            int p2 = rowPtr[row2];
            int p3 = rowPtr[row3];
            long a0 = (a + 4L * p0) & USER;
            long a1 = (a + 4L * p1) & USER;
            long a2 = (a + 4L * p2) & USER;
            long a3 = (a + 4L * p3) & USER;
            long i0 = (columns + 2L * p0) & USER;
            long i1 = (columns + 2L * p1) & USER;
            long i2 = (columns + 2L * p2) & USER;
            long i3 = (columns + 2L * p3) & USER;
            float s0 = 0;
            float s1 = 0;
            float s2 = 0;
            float s3 = 0;
            if (beta != 0) {
                s0 = start(y, row0, beta);
                s1 = start(y, row1, beta);
                s2 = start(y, row2, beta);
                s3 = start(y, row3, beta);
            }
            int common = (rowPtr[row3 + 1] - p3) & LENGTH;
            for (int q = 0; q < common; q++) {
                s0 = Math.fma(alpha * ALL.get(UNCHECKED, a0 + 4L * q), at(input, ALL.get(COLUMN, i0 + 2L * q)), s0);
                s1 = Math.fma(alpha * ALL.get(UNCHECKED, a1 + 4L * q), at(input, ALL.get(COLUMN, i1 + 2L * q)), s1);
                s2 = Math.fma(alpha * ALL.get(UNCHECKED, a2 + 4L * q), at(input, ALL.get(COLUMN, i2 + 2L * q)), s2);
                s3 = Math.fma(alpha * ALL.get(UNCHECKED, a3 + 4L * q), at(input, ALL.get(COLUMN, i3 + 2L * q)), s3);
            }
            ALL.set(UNCHECKED, (y & USER) + 4L * (row0 & INDEX), s0);
            ALL.set(UNCHECKED, (y & USER) + 4L * (row1 & INDEX), s1);
            ALL.set(UNCHECKED, (y & USER) + 4L * (row2 & INDEX), s2);
            ALL.set(UNCHECKED, (y & USER) + 4L * (row3 & INDEX), s3);
            if (rowPtr[row0 + 1] - p0 != common) {
                rest(csr, row0, p0 + common, s0, alpha, a, x, y);
                rest(csr, row1, p1 + common, s1, alpha, a, x, y);
                rest(csr, row2, p2 + common, s2, alpha, a, x, y);
            }
        }
        return index;
    }

    private static float start(long y, int row, float beta) {
        return beta == 0 ? 0f : beta * at(y & USER, row);
    }

    /** The chain of a row from position p on; writes its output. */
    private static void rest(PatternPlan.Csr csr, int row, int p, float sum, float alpha, long a, long x, long y) {
        long input = x & USER;
        long weights = a & USER;
        for (int q = p; q < csr.rowPtr[row + 1]; q++) {
            sum = Math.fma(alpha * at(weights, q), at(input, csr.colIdx[q]), sum);
        }
        ALL.set(UNCHECKED, (y & USER) + 4L * row, sum);
    }

    private static float at(long address, int index) {
        return ALL.get(UNCHECKED, address + 4L * (index & INDEX));
    }

    private static float at(long address, char index) {
        return ALL.get(UNCHECKED, address + 4L * index);
    }
}
