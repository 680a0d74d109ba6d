package dev.gossamer.cuda;

/** Sums of channels over plane and batch, on the entries of the bias's pattern. */
final class BiasGradient {

    private static final int BLOCK = 256;

    /**
     * From so many numbers on a channel has a block of its own; below, a warp. Plane and batch alone decide, so that bits do
     * not vary.
     */
    private static final int BLOCK_PER_CHANNEL = 1024;

    private BiasGradient() {}

    static void run(CudaWorkspace workspace, CudaTensor gy, float beta, CudaValues gb) {
        int channels = gy.shape().channels();
        int plane = gy.features / channels;
        boolean wide = (long) plane * gy.batch >= BLOCK_PER_CHANNEL;
        workspace
                .launch()
                .kernel(wide ? "bias_gradient_blocks" : "bias_gradient_warps")
                .p(gy.data())
                .i(gy.ld)
                .i(channels)
                .i(plane)
                .i(gy.batch)
                .f(beta)
                .p(gb.data())
                .p(gb.space().maskBits())
                .grid1d((long) channels * (wide ? BLOCK : 32), BLOCK);
    }
}
