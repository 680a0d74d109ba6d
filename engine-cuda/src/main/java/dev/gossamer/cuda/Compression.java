package dev.gossamer.cuda;

/** The largest elements of a tensor, found and stored without the host: a selection whose marks stay on the device. */
final class Compression {

    private Compression() {}

    static void top(CudaWorkspace workspace, CudaTensor x, long keep, CudaSparseTensor to) {
        if (x.batch == 0) {
            workspace.stream().zero(to.rowPtr());
            return;
        }
        Sparsify.run(workspace, x).findThreshold(keep).markKept().store(x.batch, to);
    }
}
