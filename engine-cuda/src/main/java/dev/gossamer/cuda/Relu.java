package dev.gossamer.cuda;

/** ReLU on its own, and its gradient through the saved bits. */
final class Relu {

    private static final int BLOCK = 256;

    /** Threads that share a mask word; {@code WORD_LANES} of the kernel. */
    private static final int WORD_LANES = 8;

    private Relu() {}

    static void forward(CudaWorkspace workspace, CudaTensor x, CudaTensor y, CudaMask mask) {
        workspace
                .launch()
                .kernel("relu_forward")
                .p(x.data())
                .i(x.ld)
                .p(y.data())
                .i(y.ld)
                .p(mask.bits())
                .i(mask.words)
                .i(x.features)
                .i(x.batch)
                .grid1d(noting(x), BLOCK);
    }

    /** gx may be gy. */
    static void gradient(CudaWorkspace workspace, CudaMask mask, CudaTensor gy, CudaTensor gx) {
        workspace
                .launch()
                .kernel("relu_gradient")
                .p(mask.bits())
                .i(mask.words)
                .p(gy.data())
                .i(gy.ld)
                .p(gx.data())
                .i(gx.ld)
                .i(gy.features)
                .i(gy.batch)
                .grid1d(Scaling.quads(gy), BLOCK);
    }

    /** Threads of kernels that write a mask over a tensor. */
    static long noting(CudaTensor tensor) {
        return (long) tensor.features * ((tensor.batch + 31) / 32) * WORD_LANES;
    }
}
