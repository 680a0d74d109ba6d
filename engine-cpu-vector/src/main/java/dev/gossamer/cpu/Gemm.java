package dev.gossamer.cpu;

import dev.gossamer.cpu.GemmKernels.Operands;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Dense C = alpha·A·B + beta·C with any strides. B is packed, a block of depth by columns at a time, into panels two vectors
 * wide that stay in the second-level cache while all rows of A pass; A is read in place.
 */
final class Gemm {

    /** Depth and columns of a packed block of B: 256 KiB. */
    private static final int DEPTH = 256;

    private static final int COLUMNS = 256;

    /** Columns of a panel. */
    private static final int PANEL = 2 * Lanes.COUNT;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private Gemm() {}

    /** A matrix in memory; strides in bytes. */
    record Matrix(MemorySegment data, long base, int rows, int cols, long rowStride, long colStride) {

        static Matrix of(MemorySegment data, int rows, int cols) {
            return new Matrix(data, 0, rows, cols, 4L * cols, 4);
        }

        static Matrix of(CpuTensor tensor) {
            return of(tensor.data, tensor.features, tensor.batch);
        }

        Matrix transpose() {
            return new Matrix(data, base, cols, rows, colStride, rowStride);
        }

        long at(int row, int col) {
            return base + row * rowStride + col * colStride;
        }
    }

    /** C must have adjacent columns. */
    static void run(CpuWorkspace workspace, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
        if (a.cols == 0 || alpha == 0) {
            scale(c, beta);
            return;
        }
        MemorySegment packed = workspace.scratch(CpuWorkspace.Scratch.PANELS, 4L * DEPTH * (COLUMNS + PANEL));
        int parts = workspace.parts(2.0 * a.rows * a.cols * b.cols);
        MemorySegment tiles = workspace.scratch(CpuWorkspace.Scratch.TILES, 4L * parts * GemmKernels.ROWS * PANEL);
        for (int col = 0; col < b.cols; col += COLUMNS) {
            int cols = Math.min(COLUMNS, b.cols - col);
            for (int depth = 0; depth < a.cols; depth += DEPTH) {
                int deep = Math.min(DEPTH, a.cols - depth);
                pack(b, depth, deep, col, cols, alpha, packed);
                Block block = new Block(a, depth, deep, packed, c, col, cols, depth == 0 ? beta : 1, tiles);
                if (parts == 1) {
                    block.rows(0, a.rows, 0);
                } else {
                    workspace
                            .workers()
                            .run(
                                    parts,
                                    (part, of) -> block.rows(
                                            DenseProduct.cut(a.rows, part, of),
                                            DenseProduct.cut(a.rows, part + 1, of),
                                            part));
                }
            }
        }
    }

    /** {@code c = beta·c}; beta = 0 clears without reading. */
    static void scale(Matrix c, float beta) {
        for (int row = 0; row < c.rows; row++) {
            for (int col = 0; col < c.cols; col++) {
                long at = c.at(row, col);
                c.data.set(FLOAT, at, beta == 0 ? 0 : beta * c.data.get(FLOAT, at));
            }
        }
    }

    /** Columns of B as panels {@code [panel][depth][PANEL]}, padded by +0.0, times alpha. */
    private static void pack(Matrix b, int depth, int deep, int col, int cols, float alpha, MemorySegment packed) {
        for (int panel = 0; panel < cols; panel += PANEL) {
            int width = Math.min(PANEL, cols - panel);
            long to = 4L * panel * deep;
            for (int k = 0; k < deep; k++) {
                long from = b.at(depth + k, col + panel);
                for (int j = 0; j < width; j++) {
                    packed.set(FLOAT, to + 4L * j, alpha * b.data.get(FLOAT, from + j * b.colStride));
                }
                for (int j = width; j < PANEL; j++) {
                    packed.set(FLOAT, to + 4L * j, 0f);
                }
                to += 4L * PANEL;
            }
        }
    }

    /** One packed block of B against rows of A. */
    private record Block(
            Matrix a,
            int depth,
            int deep,
            MemorySegment packed,
            Matrix c,
            int col,
            int cols,
            float beta,
            MemorySegment tiles) {

        void rows(int from, int to, int part) {
            Operands direct = operands(c.data, c.rowStride);
            Operands tiled = operands(tiles, 4L * PANEL);
            long tile = 4L * part * GemmKernels.ROWS * PANEL;
            for (int row = from; row < to; row += GemmKernels.ROWS) {
                int height = Math.min(GemmKernels.ROWS, to - row);
                for (int panel = 0; panel < cols; panel += PANEL) {
                    long bBase = 4L * panel * deep;
                    int width = Math.min(PANEL, cols - panel);
                    if (width == PANEL) {
                        GemmKernels.block(
                                height, 2, direct, a.at(row, depth), bBase, c.at(row, col + panel), deep, beta);
                    } else {
                        copy(row, height, panel, width, tile, true);
                        GemmKernels.block(height, 2, tiled, a.at(row, depth), bBase, tile, deep, beta);
                        copy(row, height, panel, width, tile, false);
                    }
                }
            }
        }

        private Operands operands(MemorySegment to, long rowStride) {
            return new Operands(a.data, a.rowStride, a.colStride, packed, 4L * PANEL, to, rowStride);
        }

        /** Moves an edge block of C, narrower than a panel, into or out of a tile. */
        private void copy(int row, int height, int panel, int width, long tile, boolean in) {
            for (int i = 0; i < height; i++) {
                long at = c.at(row + i, col + panel);
                long edge = tile + 4L * i * PANEL;
                if (in) {
                    MemorySegment.copy(c.data, at, tiles, edge, 4L * width);
                } else {
                    MemorySegment.copy(tiles, edge, c.data, at, 4L * width);
                }
            }
        }
    }
}
