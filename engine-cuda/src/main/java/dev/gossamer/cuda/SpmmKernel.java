package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Launch;
import org.jspecify.annotations.Nullable;

/** Our kernels for products with packed matrices, by the columns that a block takes at once. */
enum SpmmKernel {
    COLUMNS_32("spmm_32", 32),
    COLUMNS_64("spmm_64", 64),
    COLUMNS_128("spmm_128", 128);

    static final int BLOCK = 128;

    /** Columns of a lane. */
    private static final int QUAD = 4;

    private static final int WARP = 32;

    /** Groups that a multiprocessor should have, so that memory is kept busy; measured (docs/gpu.md). */
    private static final int GROUPS_OF_MULTIPROCESSOR = 64;

    /** Entries of a piece: fewer cost more than they save. */
    private static final int SHORTEST = 8;

    private final String function;
    private final int columns;

    SpmmKernel(String function, int columns) {
        this.function = function;
        this.columns = columns;
    }

    /** The kernel for B and C, where their rows begin on 16 bytes and their columns are not more than a grid counts. */
    static @Nullable SpmmKernel choose(CudaTuning tuning, CudaTensor b, CudaTensor c) {
        if (!tuning.ownSpmm() || b.ld % QUAD != 0 || c.ld % QUAD != 0) {
            return null;
        }
        return c.batch <= 32 ? COLUMNS_32 : c.batch <= 64 ? COLUMNS_64 : COLUMNS_128;
    }

    /**
     * The pieces of A, or of its transpose: short enough to have groups for all multiprocessors. Their length is a power of two,
     * so that batches that differ a little share them.
     */
    PatternPlan.Pieces pieces(int multiprocessors, PatternPlan plan, boolean transposed, int batch) {
        long entries = plan.pattern().nnz() * tiles(batch);
        long each = entries / ((long) multiprocessors * GROUPS_OF_MULTIPROCESSOR);
        int length = SHORTEST;
        while (length < each) {
            length *= 2;
        }
        return plan.pieces(transposed, length, groups());
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
        return BLOCK / Math.min(WARP, columns / QUAD);
    }

    private int tiles(int batch) {
        return (batch - 1) / columns + 1;
    }
}
