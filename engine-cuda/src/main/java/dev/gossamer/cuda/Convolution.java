package dev.gossamer.cuda;

import static dev.gossamer.cuda.device.Launch.pair;

import dev.gossamer.cuda.ConvolutionEntries.Weights;
import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions by the kernels of tiles or of entries where these serve, else by the direct ones of {@code Convolution.cu}. To
 * those the structure of weights that are not packed is passed as null pointers.
 */
final class Convolution {

    private static final int BLOCK = 256;
    private static final int WARP = 32;

    /** MAX_TAPS of {@code ConvolutionTaps.cuh}. */
    private static final int MAX_TAPS = 31;

    /** Floats of a tensor, so that columns may be counted in 32 bits up to the end of a tile. */
    private static final int LARGEST = Integer.MAX_VALUE - 31;

    private Convolution() {}

    /** {@code Y = epilogue(W·X + beta·Y)}. */
    static void forward(
            CudaWorkspace workspace,
            Geometry geometry,
            CudaValues w,
            CudaTensor x,
            float beta,
            CudaTensor y,
            Epilogue epilogue) {
        if (packed(w)) {
            forward(workspace, geometry, Weights.forward(w), x, beta, y, epilogue);
        } else if (served(geometry, x, y)) {
            ConvolutionTiles.forward(workspace, geometry, w, x, beta, y, within(epilogue));
            applyMasked(workspace, epilogue, y);
        } else {
            int parts = ConvolutionTiles.forwardParts(geometry);
            direct(workspace, geometry, parts, Weights.flat(w), w.space.maskBits(), x, beta, y);
            BiasRelu.apply(workspace, epilogue, y);
        }
    }

    /** The same with selected weights. */
    static void forward(
            CudaWorkspace workspace,
            Geometry geometry,
            CudaSparseWeights w,
            CudaTensor x,
            float beta,
            CudaTensor y,
            Epilogue epilogue) {
        forward(workspace, geometry, Weights.forward(w), x, beta, y, epilogue);
    }

    /** {@code Y = W·X + beta·Y} with selected weights, linear geometries too. */
    static void forward(
            CudaWorkspace workspace, Geometry geometry, CudaSparseWeights w, CudaTensor x, float beta, CudaTensor y) {
        forward(workspace, geometry, w, x, beta, y, Epilogue.NONE);
    }

    private static void forward(
            CudaWorkspace workspace, Geometry g, Weights w, CudaTensor x, float beta, CudaTensor y, Epilogue epilogue) {
        if (served(g, x, y)) {
            ConvolutionEntries.forward(workspace, g, w, x, beta, y, within(epilogue));
            applyMasked(workspace, epilogue, y);
        } else {
            direct(workspace, g, ConvolutionEntries.forwardParts(g), w, 0, x, beta, y);
            BiasRelu.apply(workspace, epilogue, y);
        }
    }

    private static ConvolutionEnding within(Epilogue epilogue) {
        return epilogue.mask() == null ? ConvolutionEnding.of(epilogue) : ConvolutionEnding.NONE;
    }

    private static void applyMasked(CudaWorkspace workspace, Epilogue epilogue, CudaTensor y) {
        if (epilogue.mask() != null) {
            BiasRelu.apply(workspace, epilogue, y);
        }
    }

    private static void direct(
            CudaWorkspace workspace,
            Geometry geometry,
            int parts,
            Weights w,
            long bits,
            CudaTensor x,
            float beta,
            CudaTensor y) {
        Launch launch = geometry(workspace.launch().kernel("convolution_forward"), geometry)
                .p(w.ptr())
                .p(w.cols())
                .p(bits)
                .p(w.values())
                .p(x.data())
                .i(x.ld);
        Output.pass(launch, y, beta, null).i(parts).grid1d(Scaling.quads(y), BLOCK);
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
        if (packed(w)) {
            Weights weights = Weights.backward(w, geometry.kernelHeight() * geometry.kernelWidth());
            inputGradient(workspace, geometry, weights, gy, beta, gx, mask);
        } else if (served(geometry, gy, gx)) {
            ConvolutionTiles.inputGradient(workspace, geometry, w, gy, beta, gx, mask);
        } else {
            int parts = ConvolutionTiles.backwardParts(geometry);
            direct(workspace, geometry, parts, Weights.flat(w), w.space.maskBits(), gy, beta, gx, mask);
        }
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
        inputGradient(workspace, geometry, Weights.backward(w), gy, beta, gx, mask);
    }

    private static void inputGradient(
            CudaWorkspace workspace,
            Geometry g,
            Weights w,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask) {
        if (served(g, gy, gx)) {
            ConvolutionEntries.inputGradient(workspace, g, w, gy, beta, gx, mask);
        } else {
            direct(workspace, g, ConvolutionEntries.backwardParts(g), w, 0, gy, beta, gx, mask);
        }
    }

    private static void direct(
            CudaWorkspace workspace,
            Geometry geometry,
            int parts,
            Weights w,
            long bits,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask) {
        Launch launch = geometry(workspace.launch().kernel("convolution_input_gradient"), geometry)
                .p(w.ptr())
                .p(w.entries())
                .p(w.rows())
                .p(w.cols())
                .p(bits)
                .p(w.values())
                .p(gy.data())
                .i(gy.ld);
        Output.pass(launch, gx, beta, mask).i(parts).grid1d(Scaling.quads(gx), BLOCK);
    }

    /** {@code GW = GY·Xᵀ + beta·GW} on the stored entries. */
    static void weightGradient(
            CudaWorkspace workspace, Geometry geometry, CudaTensor x, CudaTensor gy, float beta, CudaValues gw) {
        if (served(geometry, x, gy) && inQuads(x, gy)) {
            if (packed(gw)) {
                ConvolutionEntries.weightGradient(workspace, geometry, x, gy, beta, gw);
            } else {
                ConvolutionTiles.weightGradient(workspace, geometry, x, gy, beta, gw);
            }
            return;
        }
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

    /** Whether the kernels of tiles and entries serve, whose offsets are of 32 bits and whose taps go by the bits of a word. */
    private static boolean served(Geometry g, CudaTensor a, CudaTensor b) {
        return g.kernelHeight() * g.kernelWidth() <= MAX_TAPS
                && a.batch > 0
                && g.size() <= Integer.MAX_VALUE
                && (long) a.features * a.ld <= LARGEST
                && (long) b.features * b.ld <= LARGEST;
    }

    /** Whether rows are of whole quads: columns are taken four at a time then, and one by one where they are not. */
    static boolean inQuads(CudaTensor a, CudaTensor b) {
        return a.ld % 4 == 0 && b.ld % 4 == 0;
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
    static Launch geometry(Launch launch, Geometry g) {
        return launch.l(pair(g.inChannels(), g.inHeight()))
                .word(pair(g.inWidth(), g.outChannels()))
                .word(pair(g.outHeight(), g.outWidth()))
                .word(pair(g.kernelHeight(), g.kernelWidth()))
                .word(pair(g.stride(), g.padding()));
    }
}
