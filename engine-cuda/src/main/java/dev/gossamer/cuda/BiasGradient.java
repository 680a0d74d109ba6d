package dev.gossamer.cuda;

/** Row sums over the batch, on the entries of the bias's pattern. */
final class BiasGradient {

    private static final int BLOCK = 256;

    /** From this batch on a row has a block of its own; below, a warp. The batch alone decides, so that bits do not vary. */
    private static final int BLOCK_PER_ROW = 1024;

    private BiasGradient() {}

    static void run(CudaWorkspace workspace, CudaTensor gy, float beta, CudaValues gb) {
        boolean wide = gy.batch >= BLOCK_PER_ROW;
        workspace
                .launch()
                .kernel(wide ? "bias_gradient_blocks" : "bias_gradient_warps")
                .p(gy.data())
                .i(gy.ld)
                .i(gy.features)
                .i(gy.batch)
                .f(beta)
                .p(gb.data())
                .p(gb.space().maskBits())
                .grid1d((long) gy.features * (wide ? BLOCK : 32), BLOCK);
    }
}
