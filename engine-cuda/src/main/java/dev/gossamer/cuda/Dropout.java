package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaHandles.CudaRandomStream;
import dev.gossamer.cuda.device.Launch;
import org.jspecify.annotations.Nullable;

/** Inverted dropout, and the addition of branches that it shares its end with. */
final class Dropout {

    private static final int BLOCK = 256;

    private Dropout() {}

    static void dropout(
            CudaWorkspace workspace,
            CudaTensor x,
            float rate,
            CudaRandomStream stream,
            int site,
            float beta,
            CudaTensor y,
            @Nullable CudaMask mask) {
        // A word below rate·2^32 is one below the next whole number, which fits 32 bits as the rate is below 1.
        int threshold = (int) (long) Math.ceil(rate * 0x1p32);
        Launch launch = workspace
                .launch()
                .kernel("dropout_apply")
                .p(x.data())
                .i(x.ld)
                .i(x.features)
                .p(stream.data())
                .i(site)
                .i(threshold)
                .f(1f / (1f - rate));
        Output.pass(launch, y, beta, mask).grid1d(Scaling.quads(y), BLOCK);
    }

    static void add(CudaWorkspace workspace, CudaTensor x, float beta, CudaTensor y, @Nullable CudaMask mask) {
        Launch launch =
                workspace.launch().kernel("dropout_add").p(x.data()).i(x.ld).i(x.features);
        Output.pass(launch, y, beta, mask).grid1d(Scaling.quads(y), BLOCK);
    }

    static void advance(CudaWorkspace workspace, CudaRandomStream stream) {
        workspace.launch().kernel("dropout_advance").p(stream.data()).blocks(1, 32);
    }
}
