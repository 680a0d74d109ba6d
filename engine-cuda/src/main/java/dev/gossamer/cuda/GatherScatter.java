package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;

/** Moves values between a dense tensor and a space, entry by entry in canonical order. */
final class GatherScatter {

    private static final int BLOCK = 256;

    private GatherScatter() {}

    static void gather(CudaWorkspace workspace, CudaTensor dense, CudaValues values) {
        CudaSpace space = values.space();
        if (space.storage() == CudaSpace.Storage.PACKED) {
            packed(
                    workspace,
                    dense.data(),
                    dense.ld,
                    space.plan(),
                    values.data().address());
        } else {
            flat(workspace, dense.data(), dense.ld, space.maskBits(), space.rows(), space.cols(), values.data());
        }
    }

    /**
     * The entries of a pattern out of a matrix, in canonical order.
     *
     * @param to nnz floats, at any address that the device can write
     */
    static void packed(CudaWorkspace workspace, DeviceBuffer matrix, int ld, PatternPlan plan, long to) {
        long nnz = plan.pattern().nnz();
        workspace
                .launch()
                .kernel("gather_packed")
                .p(matrix)
                .i(ld)
                .p(plan.rowIdx())
                .p(plan.colIdx())
                .l(nnz)
                .p(to)
                .grid1d(nnz, BLOCK);
    }

    /**
     * A matrix to rows x cols floats without padding.
     *
     * @param bits address of the pattern outside which +0.0 is written, null for all of the matrix
     */
    static void flat(
            CudaWorkspace workspace, DeviceBuffer matrix, int ld, long bits, int rows, int cols, DeviceBuffer to) {
        workspace
                .launch()
                .kernel("gather_flat")
                .p(matrix)
                .i(ld)
                .p(bits)
                .i(rows)
                .i(cols)
                .p(to)
                .grid1d((long) rows * cols, BLOCK);
    }

    static void scatter(CudaWorkspace workspace, CudaValues values, CudaTensor dense) {
        CudaSpace space = values.space();
        if (space.storage() == CudaSpace.Storage.PACKED) {
            Scaling.tensor(workspace, dense, 0);
            workspace
                    .launch()
                    .kernel("scatter_packed")
                    .p(values.data())
                    .p(space.plan().rowIdx())
                    .p(space.plan().colIdx())
                    .l(space.nnz())
                    .p(dense.data())
                    .i(dense.ld)
                    .grid1d(space.nnz(), BLOCK);
        } else {
            workspace
                    .launch()
                    .kernel("scatter_flat")
                    .p(values.data())
                    .i(space.rows())
                    .i(space.cols())
                    .p(dense.data())
                    .i(dense.ld)
                    .grid1d(space.count(), BLOCK);
        }
    }
}
