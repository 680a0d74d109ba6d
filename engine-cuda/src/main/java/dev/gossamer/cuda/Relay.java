package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.device.DeviceBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Values of one role on their way from one pattern and storage to another, and between masked storage and canonical order.
 * Only enqueues. Flat storage (dense or masked) is a matrix to the kernels that gather.
 */
final class Relay {

    private static final int THREADS = 256;

    private Relay() {}

    /**
     * Moves values at a change of pattern; a plan of null means dense. The target is written completely: +0.0 where nothing
     * arrives. It must not be the source.
     */
    static void run(
            CudaWorkspace workspace,
            int rows,
            int cols,
            @Nullable PatternPlan oldPlan,
            Storage oldStorage,
            @Nullable PatternPlan newPlan,
            Storage newStorage,
            DeviceBuffer from,
            DeviceBuffer to) {
        PatternPlan packedBefore = oldStorage == Storage.PACKED ? oldPlan : null;
        PatternPlan packedAfter = newStorage == Storage.PACKED ? newPlan : null;
        if (packedBefore != null && packedAfter != null) {
            searchOldRows(workspace, packedBefore, packedAfter, from, to);
        } else if (packedBefore != null) {
            workspace.stream().zero(to);
            scatter(workspace, packedBefore, from.address(), newPlan, to);
        } else if (packedAfter != null) {
            pack(workspace, packedAfter, from, to.address());
        } else {
            GatherScatter.flat(workspace, from, cols, bits(newPlan), rows, cols, to);
        }
    }

    /** Masked storage to nnz floats in canonical order, at any address that the device can write. */
    static void pack(CudaWorkspace workspace, PatternPlan plan, DeviceBuffer stored, long canonical) {
        GatherScatter.packed(workspace, stored, plan.pattern().cols(), plan, canonical);
    }

    /** nnz floats in canonical order to masked storage, which outside the pattern stays as it is. */
    static void unpack(CudaWorkspace workspace, PatternPlan plan, long canonical, DeviceBuffer stored) {
        scatter(workspace, plan, canonical, null, stored);
    }

    private static void searchOldRows(
            CudaWorkspace workspace, PatternPlan oldPlan, PatternPlan newPlan, DeviceBuffer from, DeviceBuffer to) {
        long nnz = newPlan.pattern().nnz();
        workspace
                .launch()
                .kernel("relay_packed_to_packed")
                .p(from)
                .p(oldPlan.rowPtr())
                .p(oldPlan.colIdx())
                .p(newPlan.rowIdx())
                .p(newPlan.colIdx())
                .l(nnz)
                .p(to)
                .grid1d(nnz, THREADS);
    }

    private static void scatter(
            CudaWorkspace workspace, PatternPlan plan, long packed, @Nullable PatternPlan within, DeviceBuffer to) {
        long nnz = plan.pattern().nnz();
        workspace
                .launch()
                .kernel("relay_packed_to_flat")
                .p(packed)
                .i(plan.pattern().cols())
                .p(plan.rowIdx())
                .p(plan.colIdx())
                .l(nnz)
                .p(bits(within))
                .p(to)
                .grid1d(nnz, THREADS);
    }

    private static long bits(@Nullable PatternPlan plan) {
        return plan == null ? 0 : plan.bits().address();
    }
}
