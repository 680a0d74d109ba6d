package dev.gossamer.cpu;

import dev.gossamer.cpu.GemmKernels.Operands;
import dev.gossamer.engine.Layout;
import java.lang.foreign.MemorySegment;

/**
 * Products of weights stored rows x cols (dense or dense-masked) with batch-blocked tensors: a block of the batch is already
 * the panel that a blocked gemm would have to pack. Row-major tensors go to {@link Gemm}.
 */
final class DenseProduct {

    /** Columns of a panel of transposed activations. */
    private static final int PANEL = 2 * Lanes.COUNT;

    /** The deepest batch block whose panels are made here: the widest block of a tensor. */
    private static final int MAX_DEPTH = 64;

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
            long at = c.base(column) + from * io.cRow;
            GemmKernels.block(to - from, vectors, io, from * io.aRow, b.base(column), at, depth, beta);
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
            float start = column == 0 ? beta : 1;
            if (alpha == 1 && cols % Lanes.COUNT == 0 && depth <= MAX_DEPTH) {
                transposedBlock(workspace, x, gy, column, depth, start, gw);
            } else {
                gemm.a.set(gy.data, gy.base(column), rows, depth, gy.rowStride(), 4);
                gemm.b.set(x.data, x.base(column), depth, cols, 4, x.rowStride());
                gemm.run(alpha, start);
            }
            column += depth;
        }
        gw.clearOutside();
    }

    /** One batch block: all of X transposed, then every panel against all rows. */
    private static void transposedBlock(
            CpuWorkspace workspace, CpuTensor x, CpuTensor gy, int column, int depth, float beta, CpuValues gw) {
        int rows = gw.space.rows();
        int cols = gw.space.cols();
        int panels = (cols + PANEL - 1) / PANEL;
        long panelBytes = 4L * depth * PANEL;
        MemorySegment packed = workspace.scratch(CpuWorkspace.Scratch.PANELS, panels * panelBytes);
        for (int panel = 0; panel < panels; panel++) {
            int width = Math.min(PANEL, cols - panel * PANEL);
            long from = Raw.address(x.data, x.offset(panel * PANEL, column), (width - 1) * x.rowStride() + 4L * depth);
            long to = Raw.address(packed, panel * panelBytes, panelBytes);
            Transposition.panel(from, Math.toIntExact(x.rowStride()), width, depth, to, 4 * PANEL);
        }
        Operands io = workspace.denseOperands().set(gy.data, gy.rowStride(), 4, packed, 4L * PANEL, gw.data, 4L * cols);
        int parts = workspace.parts(2.0 * rows * depth * cols);
        if (parts == 1) {
            panels(io, 0, panels, rows, depth, gy.base(column), cols, beta);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> panels(
                                    io,
                                    panels * part / of,
                                    panels * (part + 1) / of,
                                    rows,
                                    depth,
                                    gy.base(column),
                                    cols,
                                    beta));
        }
    }

    private static void panels(Operands io, int from, int to, int rows, int depth, long aBase, int cols, float beta) {
        for (int panel = from; panel < to; panel++) {
            int vectors = Math.min(PANEL, cols - panel * PANEL) / Lanes.COUNT;
            long bBase = 4L * depth * PANEL * panel;
            GemmKernels.block(rows, vectors, io, aBase, bBase, 4L * PANEL * panel, depth, beta);
        }
    }

    static int cut(int rows, int part, int parts) {
        // Whole register blocks, so that only the last part has a remainder.
        int blocks = (rows + GemmKernels.ROWS - 1) / GemmKernels.ROWS;
        return Math.min(rows, (int) ((long) blocks * part / parts) * GemmKernels.ROWS);
    }
}
