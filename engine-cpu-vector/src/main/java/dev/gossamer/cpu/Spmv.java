package dev.gossamer.cpu;

import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;

import java.lang.foreign.MemorySegment;

/**
 * y = alpha·A·x + beta·y. One chain per row leaves the adder waiting, so four rows of similar length go at once.
 */
final class Spmv {

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
        int[] order = csr.order;
        int index = from;
        for (; index + 4 <= to; index += 4) {
            four(csr, index, alpha, weights, input, beta, output);
        }
        for (; index < to; index++) {
            int row = order[index];
            rest(csr, row, csr.rowPtr[row], start(output, row, beta), alpha, weights, input, output);
        }
    }

    /** Four rows as long as the shortest, the last, goes; then what is left of the others. */
    private static void four(PatternPlan.Csr csr, int index, float alpha, long a, long x, float beta, long y) {
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        int row0 = csr.order[index];
        int row1 = csr.order[index + 1];
        int row2 = csr.order[index + 2];
        int row3 = csr.order[index + 3];
        int p0 = rowPtr[row0];
        int p1 = rowPtr[row1];
        int p2 = rowPtr[row2];
        int p3 = rowPtr[row3];
        int common = rowPtr[row3 + 1] - p3;
        long input = x & USER;
        long a0 = (a + 4L * p0) & USER;
        long a1 = (a + 4L * p1) & USER;
        long a2 = (a + 4L * p2) & USER;
        long a3 = (a + 4L * p3) & USER;
        float s0 = start(y, row0, beta);
        float s1 = start(y, row1, beta);
        float s2 = start(y, row2, beta);
        float s3 = start(y, row3, beta);
        for (int q = 0; q < common; q++) {
            s0 = Math.fma(alpha * at(a0, q), at(input, colIdx[p0 + q]), s0);
            s1 = Math.fma(alpha * at(a1, q), at(input, colIdx[p1 + q]), s1);
            s2 = Math.fma(alpha * at(a2, q), at(input, colIdx[p2 + q]), s2);
            s3 = Math.fma(alpha * at(a3, q), at(input, colIdx[p3 + q]), s3);
        }
        rest(csr, row0, p0 + common, s0, alpha, a, x, y);
        rest(csr, row1, p1 + common, s1, alpha, a, x, y);
        rest(csr, row2, p2 + common, s2, alpha, a, x, y);
        rest(csr, row3, p3 + common, s3, alpha, a, x, y);
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
}
