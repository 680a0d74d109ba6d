package dev.gossamer.cpu;

import dev.gossamer.cpu.GemmKernels.Operands;
import dev.gossamer.engine.Layout;
import java.lang.foreign.MemorySegment;

/**
 * Products of weights stored rows x cols (dense or dense-masked) with batch-blocked tensors: a block of the batch is already
 * the panel that a blocked gemm would have to pack. Row-major tensors go to {@link Gemm}.
 */
final class DenseProduct {

    private DenseProduct() {}

    /** {@code C = alpha·A·B + beta·C}. */
    static void forward(CpuWorkspace workspace, float alpha, CpuValues a, CpuTensor b, float beta, CpuTensor c) {
        int rows = a.space.rows();
        int cols = a.space.cols();
        MemorySegment scaled = a.scaled(workspace, alpha);
        if (b.layout() == Layout.ROW_MAJOR) {
            Gemm gemm = workspace.gemm();
            gemm.a.set(scaled, rows, cols);
            gemm.b.set(b);
            gemm.c.set(c);
            gemm.run(1, beta);
            return;
        }
        Operands io = workspace.denseOperands().set(scaled, 4L * cols, 4, b.data, b.rowStride(), c.data, c.rowStride());
        product(workspace, io, rows, cols, b, beta, c);
    }

    /** {@code C = alpha·Aᵀ·B + beta·C}. */
    static void transposed(CpuWorkspace workspace, float alpha, CpuValues a, CpuTensor b, float beta, CpuTensor c) {
        int rows = a.space.rows();
        int cols = a.space.cols();
        MemorySegment scaled = a.scaled(workspace, alpha);
        if (b.layout() == Layout.ROW_MAJOR) {
            Gemm gemm = workspace.gemm();
            gemm.a.set(scaled, rows, cols).transpose();
            gemm.b.set(b);
            gemm.c.set(c);
            gemm.run(1, beta);
            return;
        }
        Operands io = workspace.denseOperands().set(scaled, 4, 4L * cols, b.data, b.rowStride(), c.data, c.rowStride());
        product(workspace, io, cols, rows, b, beta, c);
    }

    private static void product(
            CpuWorkspace workspace, Operands io, int rows, int depth, CpuTensor b, float beta, CpuTensor c) {
        int parts = workspace.parts(2.0 * rows * depth * c.batch);
        if (parts == 1) {
            rows(io, 0, rows, depth, b, beta, c);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> rows(io, cut(rows, part, of), cut(rows, part + 1, of), depth, b, beta, c));
        }
        c.clearTail();
    }

    private static void rows(Operands io, int from, int to, int depth, CpuTensor b, float beta, CpuTensor c) {
        int column = 0;
        while (column < c.batch) {
            int vectors = Math.min(2, Strips.vectors(b, c, column));
            GemmKernels.block(
                    to - from,
                    vectors,
                    io,
                    from * io.aRow,
                    b.base(column),
                    c.base(column) + from * io.cRow,
                    depth,
                    beta);
            column += vectors * Lanes.COUNT;
        }
    }

    /** {@code GW = GY·Xᵀ + beta·GW}: per batch block X is transposed into panels, and the chain goes on from block to block. */
    static void weightGradient(
            CpuWorkspace workspace, float alpha, CpuTensor x, CpuTensor gy, float beta, CpuValues gw) {
        int rows = gw.space.rows();
        int cols = gw.space.cols();
        Gemm gemm = workspace.gemm();
        gemm.c.set(gw.data, rows, cols);
        if (x.batch == 0) {
            gemm.scale(beta);
        }
        for (int column = 0; column < x.batch; ) {
            int depth = Math.min(Math.min(x.run(column), gy.run(column)), x.batch - column);
            gemm.a.set(gy.data, gy.base(column), rows, depth, gy.rowStride(), 4);
            gemm.b.set(x.data, x.base(column), depth, cols, 4, x.rowStride());
            gemm.run(alpha, column == 0 ? beta : 1);
            column += depth;
        }
        gw.clearOutside();
    }

    static int cut(int rows, int part, int parts) {
        // Whole register blocks, so that only the last part has a remainder.
        int blocks = (rows + GemmKernels.ROWS - 1) / GemmKernels.ROWS;
        return Math.min(rows, (int) ((long) blocks * part / parts) * GemmKernels.ROWS);
    }
}
