package dev.gossamer.cuda;

/** Moves values between a dense tensor and a space, entry by entry in canonical order. */
final class GatherScatter {

    private static final int BLOCK = 256;

    private GatherScatter() {}

    static void gather(CudaWorkspace workspace, CudaTensor dense, CudaValues values) {
        CudaSpace space = values.space();
        if (space.storage() == CudaSpace.Storage.PACKED) {
            workspace
                    .launch()
                    .kernel("gather_packed")
                    .p(dense.data())
                    .i(dense.ld)
                    .p(space.plan().rowIdx())
                    .p(space.plan().colIdx())
                    .l(space.nnz())
                    .p(values.data())
                    .grid1d(space.nnz(), BLOCK);
        } else {
            workspace
                    .launch()
                    .kernel("gather_flat")
                    .p(dense.data())
                    .i(dense.ld)
                    .p(space.maskBits())
                    .i(space.rows())
                    .i(space.cols())
                    .p(values.data())
                    .grid1d(space.count(), BLOCK);
        }
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
