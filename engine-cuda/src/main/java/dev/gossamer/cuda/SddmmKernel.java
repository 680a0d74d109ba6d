package dev.gossamer.cuda;

import dev.gossamer.cuda.device.GpuTarget;
import dev.gossamer.cuda.device.Launch;
import org.jspecify.annotations.Nullable;

/** Our kernels for products that are restricted to a pattern, by the columns that a group takes at once. */
enum SddmmKernel {
    FEW("sddmm_few", 1, 128),
    COLUMNS_32("sddmm_32", 8, 128),
    /**
     * For many octets: the more of them to a block, the fewer rows of B come from L2. On Hopper, whose multiprocessors hold two
     * of its blocks; others hold more warps of the small ones.
     */
    LARGE_32("sddmm_large_32", 8, 512),
    COLUMNS_64("sddmm_64", 16, 256),
    COLUMNS_128("sddmm_128", 32, 256);

    private static final int QUAD = 4;
    private static final int WARP = 32;

    /** Columns up to which a thread sums an entry by itself. */
    private static final int FEW_COLUMNS = 8;

    /** Warps that a multiprocessor should have; measured (docs/gpu.md). */
    private static final int WARPS_OF_MULTIPROCESSOR = 8;

    /** Columns of a part: fewer cost more, for the sum of parts, than they save. */
    private static final int NARROWEST = 512;

    private final String function;
    final int lanes;
    final int block;

    /**
     * @param lanes of a group
     * @param block its threads
     */
    SddmmKernel(String function, int lanes, int block) {
        this.function = function;
        this.lanes = lanes;
        this.block = block;
    }

    /**
     * The kernel for A and B: the narrowest that fills the device; none where their rows do not begin on 16 bytes, where they have
     * more than 2^32 floats, and for matrices larger than were measured.
     */
    static @Nullable SddmmKernel choose(CudaWorkspace workspace, PatternPlan plan, CudaTensor a, CudaTensor b) {
        if (!workspace.tuning().ownSddmm(plan.pattern())) {
            return null;
        }
        if (a.batch <= FEW_COLUMNS) {
            return FEW;
        }
        if (a.ld % QUAD != 0 || b.ld % QUAD != 0 || !within32Bits(a) || !within32Bits(b)) {
            return null;
        }
        long wanted = (long) workspace.multiprocessors() * WARPS_OF_MULTIPROCESSOR;
        if (a.batch <= 64 || COLUMNS_32.warps(plan) >= wanted) {
            long large = LARGE_32.warps(plan) * WARP / LARGE_32.block;
            return workspace.architecture() == GpuTarget.HOPPER && large >= workspace.multiprocessors()
                    ? LARGE_32
                    : COLUMNS_32;
        }
        return COLUMNS_64.warps(plan) >= wanted ? COLUMNS_64 : COLUMNS_128;
    }

    /** Whether a float's place in the tensor is a number of 32 bits. */
    private static boolean within32Bits(CudaTensor tensor) {
        return (long) tensor.features * tensor.ld <= 1L << 32;
    }

    /** Starts its launch. */
    Launch launch(CudaWorkspace workspace) {
        return workspace.launch().kernel(function);
    }

    /**
     * How the columns are cut.
     *
     * @param width of all parts but the last
     */
    record Cut(int parts, int width) {}

    /** As many parts as it takes to fill the device, none of them too narrow. */
    Cut cut(int multiprocessors, PatternPlan plan, int batch) {
        long wanted = (long) multiprocessors * WARPS_OF_MULTIPROCESSOR / Math.max(1, warps(plan));
        int parts = Math.clamp(wanted, 1, Math.max(1, batch / NARROWEST));
        int loads = (batch - 1) / (lanes * QUAD) + 1;
        int width = ((loads - 1) / parts + 1) * lanes * QUAD;
        return new Cut((batch - 1) / width + 1, width);
    }

    private long warps(PatternPlan plan) {
        return (long) plan.octets().count() * lanes / WARP;
    }
}
