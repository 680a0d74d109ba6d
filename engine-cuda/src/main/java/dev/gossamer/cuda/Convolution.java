package dev.gossamer.cuda;

import static dev.gossamer.cuda.device.Launch.pair;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Geometry;
import org.jspecify.annotations.Nullable;

/** Launches the kernels of {@code Convolution.cu}. The structure of weights that are not packed is passed as null pointers. */
final class Convolution {

    private static final int BLOCK = 256;
    private static final int WARP = 32;

    private Convolution() {}

    /** {@code Y = W·X + beta·Y}. */
    static void forward(
            CudaWorkspace workspace, Geometry geometry, CudaValues w, CudaTensor x, float beta, CudaTensor y) {
        boolean packed = packed(w);
        Launch launch = geometry(workspace.launch().kernel("convolution_forward"), geometry)
                .p(packed ? w.space.plan().rowPtr().address() : 0)
                .p(packed ? w.space.plan().colIdx().address() : 0)
                .p(w.space.maskBits())
                .p(w.data())
                .p(x.data())
                .i(x.ld);
        Output.pass(launch, y, beta, null).grid1d(Scaling.quads(y), BLOCK);
    }

    /** The same with selected weights. Linear geometries too. */
    static void forward(
            CudaWorkspace workspace, Geometry geometry, CudaSparseWeights w, CudaTensor x, float beta, CudaTensor y) {
        Launch launch = geometry(workspace.launch().kernel("convolution_forward"), geometry)
                .p(w.starts())
                .p(w.entries().cols())
                .p(0)
                .p(w.entries().values())
                .p(x.data())
                .i(x.ld);
        Output.pass(launch, y, beta, null).grid1d(Scaling.quads(y), BLOCK);
    }

    /** {@code GX = mask ⊙ (Wᵀ·GY + beta·GX)}. */
    static void inputGradient(
            CudaWorkspace workspace,
            Geometry geometry,
            CudaValues w,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask) {
        PatternPlan.ByInput structure =
                packed(w) ? w.space.plan().byInput(geometry.kernelHeight() * geometry.kernelWidth()) : null;
        Launch launch = geometry(workspace.launch().kernel("convolution_input_gradient"), geometry)
                .p(structure == null ? 0 : structure.channelPtr().address())
                .p(structure == null ? 0 : structure.entries().address());
        entries(launch, w.space).p(w.data()).p(gy.data()).i(gy.ld);
        Output.pass(launch, gx, beta, mask).grid1d(Scaling.quads(gx), BLOCK);
    }

    /** The same with selected weights. Linear geometries too. */
    static void inputGradient(
            CudaWorkspace workspace,
            Geometry geometry,
            CudaSparseWeights w,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask) {
        Launch launch = geometry(workspace.launch().kernel("convolution_input_gradient"), geometry)
                .p(w.channelPtr())
                .p(w.byInput())
                .p(w.entries().rows())
                .p(w.entries().cols())
                .p(0)
                .p(w.entries().values())
                .p(gy.data())
                .i(gy.ld);
        Output.pass(launch, gx, beta, mask).grid1d(Scaling.quads(gx), BLOCK);
    }

    /** {@code GW = GY·Xᵀ + beta·GW} on the stored entries. */
    static void weightGradient(
            CudaWorkspace workspace, Geometry geometry, CudaTensor x, CudaTensor gy, float beta, CudaValues gw) {
        Launch launch = geometry(workspace.launch().kernel("convolution_weight_gradient"), geometry);
        entries(launch, gw.space)
                .l(gw.space.count())
                .p(x.data())
                .i(x.ld)
                .p(gy.data())
                .i(gy.ld)
                .i(gy.batch)
                .f(beta)
                .p(gw.data())
                .grid1d(gw.space.count() * WARP, BLOCK);
    }

    /** The same from an input of which some elements are stored. Linear geometries too. */
    static void weightGradient(
            CudaWorkspace workspace, Geometry geometry, CudaSparseTensor x, CudaTensor gy, float beta, CudaValues gw) {
        Launch launch = geometry(workspace.launch().kernel("convolution_sparse_weight_gradient"), geometry);
        entries(launch, gw.space)
                .l(gw.space.count())
                .p(x.rowPtr())
                .p(x.rows())
                .p(x.cols())
                .p(x.values())
                .p(gy.data())
                .i(gy.ld)
                .f(beta)
                .p(gw.data())
                .grid1d(gw.space.count() * WARP, BLOCK);
    }

    /** Row and column of each entry, and the bits of those that count. */
    private static Launch entries(Launch launch, CudaSpace space) {
        boolean packed = space.storage() == Storage.PACKED;
        return launch.p(packed ? space.plan().rowIdx().address() : 0)
                .p(packed ? space.plan().colIdx().address() : 0)
                .p(space.maskBits());
    }

    private static boolean packed(CudaValues values) {
        return values.space.storage() == Storage.PACKED;
    }

    /** The structure {@code Geometry} of the kernels. */
    private static Launch geometry(Launch launch, Geometry g) {
        return launch.l(pair(g.inChannels(), g.inHeight()))
                .word(pair(g.inWidth(), g.outChannels()))
                .word(pair(g.outHeight(), g.outWidth()))
                .word(pair(g.kernelHeight(), g.kernelWidth()))
                .word(pair(g.stride(), g.padding()));
    }
}
