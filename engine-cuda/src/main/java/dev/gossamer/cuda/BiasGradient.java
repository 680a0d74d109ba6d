package dev.gossamer.cuda;

/** Sums of channels over plane and batch, on the entries of the bias's pattern. */
final class BiasGradient {

    private static final int BLOCK = 256;
    /** Threads that sum a channel of few numbers. */
    static final int WARP = 32;

    /**
     * From so many numbers on a channel has a block of its own; below, a warp. Plane and batch alone decide, so that bits do
     * not vary.
     */
    private static final int BLOCK_PER_CHANNEL = 1024;

    /** Quads of a channel from which on so many threads sum it, each four at least: few channels leave multiprocessors idle. */
    private static final int MANY_QUADS = 4096;

    private static final int MANY_THREADS = 1024;

    private BiasGradient() {}

    static void run(CudaWorkspace workspace, CudaTensor gy, float beta, CudaValues gb) {
        int channels = gy.shape().channels();
        int plane = gy.features / channels;
        boolean wide = byBlocks(plane, gy.batch);
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
                .blocks(
                        wide ? channels : ((long) channels * WARP + BLOCK - 1) / BLOCK,
                        wide ? threads(plane, gy.batch) : BLOCK);
    }

    /** Whether a block sums a channel, and not a warp. */
    static boolean byBlocks(int plane, int batch) {
        return (long) plane * batch >= BLOCK_PER_CHANNEL;
    }

    /** Of a block that sums a channel. */
    static int threads(int plane, int batch) {
        return (long) plane * ((batch + 3) / 4) < MANY_QUADS ? BLOCK : MANY_THREADS;
    }
}
