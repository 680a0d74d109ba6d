package dev.gossamer.cpu;

import dev.gossamer.cpu.GemmKernels.Operands;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Dense C = alpha·A·B + beta·C with any strides. B is packed, a block of depth by columns at a time, into panels two vectors
 * wide that stay in the second-level cache while all rows of A pass; A is read in place. One instance per workspace, set up
 * anew for every product, so that a step allocates nothing.
 */
final class Gemm {

    /** Depth and columns of a packed block of B: 256 KiB. */
    private static final int DEPTH = 256;

    private static final int COLUMNS = 256;

    /** Rows that meet a panel before they go on to the next: enough to be cut into blocks without rows by themselves. */
    private static final int ROWS = 4 * GemmKernels.ROWS;

    /** Columns of a panel. */
    private static final int PANEL = 2 * Lanes.COUNT;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Operands of the next {@link #run}; C must have adjacent columns. */
    final Matrix a = new Matrix();

    final Matrix b = new Matrix();
    final Matrix c = new Matrix();

    private final CpuWorkspace workspace;
    private final Operands direct = new Operands();
    private final Operands tiled = new Operands();

    // The block being worked on: where it starts and how far it goes.
    private int depth;
    private int deep;
    private int col;
    private int cols;

    Gemm(CpuWorkspace workspace) {
        this.workspace = workspace;
    }

    /** A matrix in memory; strides in bytes. */
    static final class Matrix {

        private MemorySegment data = MemorySegment.NULL;
        private long base;
        private int rows;
        private int cols;
        private long rowStride;
        private long colStride;

        Matrix set(MemorySegment data, long base, int rows, int cols, long rowStride, long colStride) {
            this.data = data;
            this.base = base;
            this.rows = rows;
            this.cols = cols;
            this.rowStride = rowStride;
            this.colStride = colStride;
            return this;
        }

        Matrix set(MemorySegment data, int rows, int cols) {
            return set(data, 0, rows, cols, 4L * cols, 4);
        }

        Matrix set(CpuTensor tensor) {
            return set(tensor.data, tensor.features, tensor.batch);
        }

        void transpose() {
            set(data, base, cols, rows, colStride, rowStride);
        }

        private long at(int row, int col) {
            return base + row * rowStride + col * colStride;
        }
    }

    void run(float alpha, float beta) {
        if (a.cols == 0 || alpha == 0) {
            scale(beta);
            return;
        }
        MemorySegment packed = workspace.scratch(CpuWorkspace.Scratch.PANELS, 4L * DEPTH * (COLUMNS + PANEL));
        int parts = workspace.parts(2.0 * a.rows * a.cols * b.cols);
        MemorySegment tiles = workspace.scratch(CpuWorkspace.Scratch.TILES, 4L * parts * ROWS * PANEL);
        direct.set(a.data, a.rowStride, a.colStride, packed, 4L * PANEL, c.data, c.rowStride);
        tiled.set(a.data, a.rowStride, a.colStride, packed, 4L * PANEL, tiles, 4L * PANEL);
        for (col = 0; col < b.cols; col += COLUMNS) {
            cols = Math.min(COLUMNS, b.cols - col);
            for (depth = 0; depth < a.cols; depth += DEPTH) {
                deep = Math.min(DEPTH, a.cols - depth);
                pack(alpha, packed);
                block(parts, depth == 0 ? beta : 1);
            }
        }
    }

    private void block(int parts, float beta) {
        if (parts == 1) {
            rows(0, a.rows, 0, beta);
        } else {
            workspace
                    .workers()
                    .run(
                            parts,
                            (part, of) -> rows(
                                    DenseProduct.cut(a.rows, part, of),
                                    DenseProduct.cut(a.rows, part + 1, of),
                                    part,
                                    beta));
        }
    }

    /** {@code C = beta·C}; beta = 0 clears without reading. */
    void scale(float beta) {
        for (int row = 0; row < c.rows; row++) {
            for (int column = 0; column < c.cols; column++) {
                long at = c.at(row, column);
                c.data.set(FLOAT, at, beta == 0 ? 0 : beta * c.data.get(FLOAT, at));
            }
        }
    }

    /** Columns of B as panels {@code [panel][depth][PANEL]}, padded by +0.0, times alpha. */
    private void pack(float alpha, MemorySegment packed) {
        for (int panel = 0; panel < cols; panel += PANEL) {
            int width = Math.min(PANEL, cols - panel);
            long from = b.at(depth, col + panel);
            long to = 4L * panel * deep;
            for (int k = 0; k < deep && width < PANEL; k++) {
                for (int j = width; j < PANEL; j++) {
                    packed.set(FLOAT, to + 4L * (k * PANEL + j), 0f);
                }
            }
            if (b.colStride == Float.BYTES && width == PANEL) {
                Packing.rows(b.data, from, b.rowStride, deep, alpha, packed, to);
            } else {
                Packing.columns(b.data, from, b.rowStride, b.colStride, deep, width, alpha, packed, to, 4L * PANEL);
            }
        }
    }

    /** Rows of A against the packed block of B. */
    private void rows(int from, int to, int part, float beta) {
        long tile = 4L * part * ROWS * PANEL;
        for (int row = from; row < to; row += ROWS) {
            int height = Math.min(ROWS, to - row);
            for (int panel = 0; panel < cols; panel += PANEL) {
                long bBase = 4L * panel * deep;
                int width = Math.min(PANEL, cols - panel);
                if (width == PANEL) {
                    GemmKernels.block(height, 2, direct, a.at(row, depth), bBase, c.at(row, col + panel), deep, beta);
                } else {
                    copy(row, height, panel, width, tile, true);
                    GemmKernels.block(height, 2, tiled, a.at(row, depth), bBase, tile, deep, beta);
                    copy(row, height, panel, width, tile, false);
                }
            }
        }
    }

    /** Moves an edge block of C, narrower than a panel, into or out of a tile. */
    private void copy(int row, int height, int panel, int width, long tile, boolean in) {
        for (int i = 0; i < height; i++) {
            long at = c.at(row + i, col + panel);
            long edge = tile + 4L * i * PANEL;
            if (in) {
                MemorySegment.copy(c.data, at, tiled.c, edge, 4L * width);
            } else {
                MemorySegment.copy(tiled.c, edge, c.data, at, 4L * width);
            }
        }
    }
}
