package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.sparse.SparsityPattern;
import org.jspecify.annotations.Nullable;

/** Our kernels for products with packed matrices, by the columns that a block takes at once. Thresholds are measured (docs/gpu.md). */
enum SpmmKernel {
    COLUMNS_32("spmm_32", 32, 128, 64),
    COLUMNS_64("spmm_64", 64, 128, 64),
    COLUMNS_128("spmm_128", 128, 128, 48),
    /** For long rows and much work: rows of up to eight pieces, of twice the length. */
    LONG_128("spmm_long_128", 128, 256, 24),
    /** For columns of B that are too long for L1, and many of them: narrow tiles, rows whole unless they are longer than most. */
    WHOLE_64("spmm_whole_64", 64, 256, 0);

    /** Columns of a lane. */
    private static final int QUAD = 4;

    private static final int WARP = 32;

    /** Entries of a piece: fewer cost more than they save. */
    private static final int SHORTEST = 8;

    /** From pieces of that length on, {@link #LONG_128}. */
    private static final int LONG = 32;

    /** Rows and columns of B from which on {@link #WHOLE_64}; with a quarter of the rows, from four times as many columns. */
    private static final int DEEP = 2048;

    private static final int WIDE = 512;

    /** Bytes of B that stay in L2, so that blocks may go through it in any order. */
    private static final long IN_L2 = 24L << 20;

    final int block;
    private final String function;
    private final int columns;
    private final int groupsOfMultiprocessor;

    /**
     * @param block its threads
     * @param groupsOfMultiprocessor that each multiprocessor should have, so that memory is kept busy; 0: rows of the mean length
     *     are whole
     */
    SpmmKernel(String function, int columns, int block, int groupsOfMultiprocessor) {
        this.function = function;
        this.columns = columns;
        this.block = block;
        this.groupsOfMultiprocessor = groupsOfMultiprocessor;
    }

    /** The kernel for B and C; none where their rows do not begin on 16 bytes, and for matrices larger than were measured. */
    static @Nullable SpmmKernel choose(
            CudaTuning tuning, int multiprocessors, PatternPlan plan, CudaTensor b, CudaTensor c) {
        if (!tuning.ownSpmm(plan.pattern()) || b.ld % QUAD != 0 || c.ld % QUAD != 0) {
            return null;
        }
        if (c.batch <= 64) {
            return c.batch <= 32 ? COLUMNS_32 : COLUMNS_64;
        }
        if ((b.features >= DEEP && c.batch >= WIDE) || (b.features >= DEEP / 4 && c.batch >= 4 * WIDE)) {
            return WHOLE_64;
        }
        return COLUMNS_128.filling(multiprocessors, plan, c.batch) < LONG ? COLUMNS_128 : LONG_128;
    }

    /** The pieces of A, or of its transpose. */
    PatternPlan.Pieces pieces(int multiprocessors, PatternPlan plan, boolean transposed, int batch) {
        int length = groupsOfMultiprocessor == 0 ? mean(plan, transposed) : filling(multiprocessors, plan, batch);
        return plan.pieces(transposed, length, groups());
    }

    /** Of a piece: short enough for groups on all multiprocessors. */
    private int filling(int multiprocessors, PatternPlan plan, int batch) {
        return length(plan.pattern().nnz() * tiles(batch) / ((long) multiprocessors * groupsOfMultiprocessor));
    }

    /** Of a piece: what a row has. A block takes as long as its longest piece, the product as the longest of all. */
    private static int mean(PatternPlan plan, boolean transposed) {
        SparsityPattern pattern = plan.pattern();
        return length(pattern.nnz() / (transposed ? pattern.cols() : pattern.rows()));
    }

    /** A power of two, so that batches that differ a little share pieces. */
    private static int length(long least) {
        int length = SHORTEST;
        while (length < least && length < 1 << 30) {
            length *= 2;
        }
        return length;
    }

    /**
     * Tiles of columns that go through the rows side by side, the longest first. One tile after the other is for what L2 does not
     * hold; it leaves long rows of the last tile for the end.
     */
    int tilesTogether(CudaTensor b) {
        return this == WHOLE_64 ? Math.clamp(IN_L2 / ((long) b.features * columns * Float.BYTES), 1, 1 << 16) : 1;
    }

    /** Starts its launch. */
    Launch launch(CudaWorkspace workspace) {
        return workspace.launch().kernel(function);
    }

    long blocks(int pieces, int batch) {
        return (long) pieces / groups() * tiles(batch);
    }

    /** Groups of a block. */
    private int groups() {
        return block / Math.min(WARP, columns / QUAD);
    }

    private int tiles(int batch) {
        return (batch - 1) / columns + 1;
    }
}
