package dev.gossamer.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * y = alpha·A·x + beta·y. One chain per row leaves the adder waiting, so four rows of similar length go at once.
 */
final class Spmv {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

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
        int[] order = csr.order;
        int[] rowPtr = csr.rowPtr;
        int[] colIdx = csr.colIdx;
        int index = from;
        for (; index + 4 <= to; index += 4) {
            int p0 = rowPtr[order[index]];
            int p1 = rowPtr[order[index + 1]];
            int p2 = rowPtr[order[index + 2]];
            int p3 = rowPtr[order[index + 3]];
            int common = rowPtr[order[index + 3] + 1] - p3;
            float s0 = start(y, order[index], beta);
            float s1 = start(y, order[index + 1], beta);
            float s2 = start(y, order[index + 2], beta);
            float s3 = start(y, order[index + 3], beta);
            for (int q = 0; q < common; q++) {
                s0 = Math.fma(alpha * a.getAtIndex(FLOAT, p0 + q), x.getAtIndex(FLOAT, colIdx[p0 + q]), s0);
                s1 = Math.fma(alpha * a.getAtIndex(FLOAT, p1 + q), x.getAtIndex(FLOAT, colIdx[p1 + q]), s1);
                s2 = Math.fma(alpha * a.getAtIndex(FLOAT, p2 + q), x.getAtIndex(FLOAT, colIdx[p2 + q]), s2);
                s3 = Math.fma(alpha * a.getAtIndex(FLOAT, p3 + q), x.getAtIndex(FLOAT, colIdx[p3 + q]), s3);
            }
            finish(csr, order[index], p0 + common, s0, alpha, a, x, y);
            finish(csr, order[index + 1], p1 + common, s1, alpha, a, x, y);
            finish(csr, order[index + 2], p2 + common, s2, alpha, a, x, y);
            finish(csr, order[index + 3], p3 + common, s3, alpha, a, x, y);
        }
        for (; index < to; index++) {
            int row = order[index];
            finish(csr, row, rowPtr[row], start(y, row, beta), alpha, a, x, y);
        }
    }

    private static float start(MemorySegment y, int row, float beta) {
        return beta == 0 ? 0f : beta * y.getAtIndex(FLOAT, row);
    }

    private static void finish(
            PatternPlan.Csr csr,
            int row,
            int p,
            float sum,
            float alpha,
            MemorySegment a,
            MemorySegment x,
            MemorySegment y) {
        for (int q = p; q < csr.rowPtr[row + 1]; q++) {
            sum = Math.fma(alpha * a.getAtIndex(FLOAT, q), x.getAtIndex(FLOAT, csr.colIdx[q]), sum);
        }
        y.setAtIndex(FLOAT, row, sum);
    }
}
