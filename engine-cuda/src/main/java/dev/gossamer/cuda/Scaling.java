package dev.gossamer.cuda;

/** Puts beta·C where a product has no terms; beta = 0 does not read C. */
final class Scaling {

    private static final int BLOCK = 256;

    private Scaling() {}

    static void tensor(CudaWorkspace workspace, CudaTensor c, float beta) {
        if (beta == 1) {
            return;
        }
        workspace
                .launch()
                .kernel("scaling_tensor")
                .p(c.data())
                .i(c.features)
                .i(c.batch)
                .i(c.ld)
                .f(beta)
                .grid1d(quads(c), BLOCK);
    }

    static void values(CudaWorkspace workspace, CudaValues c, float beta) {
        if (beta == 1) {
            return;
        }
        long count = c.space().count();
        workspace
                .launch()
                .kernel("scaling_values")
                .p(c.data())
                .p(c.space().maskBits())
                .l(count)
                .f(beta)
                .grid1d(count, BLOCK);
    }

    /** Groups of four columns, over all rows: the threads of kernels that take such a group each. */
    static long quads(CudaTensor tensor) {
        return (long) tensor.features * ((tensor.batch + 3) / 4);
    }
}
