package dev.gossamer.cuda;

import static dev.gossamer.cuda.device.Launch.pair;

import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import org.jspecify.annotations.Nullable;

/** Launches the kernels of {@code Pool.cu}. */
final class Pool {

    private static final int BLOCK = 256;

    private Pool() {}

    static void max(CudaWorkspace workspace, CudaTensor x, Window window, CudaTensor y, @Nullable CudaIndices chosen) {
        Launch launch =
                launch(workspace, "pool_max", window, x.shape(), y).p(x.data()).i(x.ld);
        Output.pass(launch, y, 0, null)
                .p(chosen == null ? 0 : chosen.chosen().address())
                .i(chosen == null ? 0 : chosen.words)
                .grid1d(Scaling.quads(y), BLOCK);
    }

    static void maxGradient(
            CudaWorkspace workspace,
            CudaIndices chosen,
            Window window,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask) {
        Launch launch = launch(workspace, "pool_max_gradient", window, gx.shape(), gx)
                .p(chosen.chosen())
                .i(chosen.words)
                .p(gy.data())
                .i(gy.ld);
        Output.pass(launch, gx, beta, mask).grid1d(Scaling.quads(gx), BLOCK);
    }

    static void maxTangent(
            CudaWorkspace workspace, CudaIndices chosen, Window window, CudaTensor xDot, CudaTensor yDot) {
        launch(workspace, "pool_max_tangent", window, xDot.shape(), yDot)
                .p(chosen.chosen())
                .i(chosen.words)
                .p(xDot.data())
                .i(xDot.ld)
                .p(yDot.data())
                .i(yDot.ld)
                .i(yDot.batch)
                .grid1d((long) yDot.features * yDot.batch, BLOCK);
    }

    static void average(CudaWorkspace workspace, CudaTensor x, Window window, CudaTensor y) {
        Launch launch = launch(workspace, "pool_average", window, x.shape(), y)
                .p(x.data())
                .i(x.ld);
        Output.pass(launch, y, 0, null).grid1d(Scaling.quads(y), BLOCK);
    }

    static void averageGradient(
            CudaWorkspace workspace, Window window, CudaTensor gy, float beta, CudaTensor gx, @Nullable CudaMask mask) {
        Launch launch = launch(workspace, "pool_average_gradient", window, gx.shape(), gx)
                .p(gy.data())
                .i(gy.ld);
        Output.pass(launch, gx, beta, mask).grid1d(Scaling.quads(gx), BLOCK);
    }

    /** A launch with the structure {@code PoolWindow} of the kernels, and how many rows they write. */
    private static Launch launch(CudaWorkspace workspace, String kernel, Window window, Shape in, CudaTensor written) {
        Shape out = window.output(in);
        return workspace
                .launch()
                .kernel(kernel)
                .l(pair(in.height(), in.width()))
                .word(pair(out.height(), out.width()))
                .word(pair(window.height(), window.width()))
                .word(pair(window.stride(), window.padding()))
                .i(written.features);
    }
}
