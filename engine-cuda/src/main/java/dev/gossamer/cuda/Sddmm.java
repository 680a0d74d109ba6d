package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.cuda.device.Launch;
import org.jspecify.annotations.Nullable;

/**
 * C = alpha·(A·Bᵀ restricted to the pattern) + beta·C, the weight gradient of a packed layer: for packed values one of our
 * kernels or cuSPARSE, for the others cuBLAS.
 */
final class Sddmm {

    private static final int BLOCK = 256;

    private Sddmm() {}

    static void run(CudaWorkspace workspace, float alpha, CudaTensor a, CudaTensor b, float beta, CudaValues c) {
        if (c.space.storage() != Storage.PACKED) {
            Gemm.weightGradient(workspace, alpha, b, a, beta, c);
        } else if (a.batch == 0) {
            Scaling.values(workspace, c, beta);
        } else if (c.space.nnz() > 0) {
            SddmmKernel own = SddmmKernel.choose(workspace, c.space.plan(), a, b);
            if (own == null) {
                vendor(workspace, alpha, a, b, beta, c);
            } else if (own == SddmmKernel.FEW) {
                pattern(own.launch(workspace), c, null);
                terms(workspace.launch(), alpha, a, b, beta, c, new SddmmKernel.Cut(1, a.batch), c.data())
                        .grid1d(c.space.nnz(), own.block);
            } else {
                inOctets(workspace, own, cut(workspace, own, a, c), alpha, a, b, beta, c, null);
            }
        }
    }

    /**
     * The weight gradient and that of the bias by one launch, to the bits of two.
     *
     * @return false where that cannot be, and nothing was done
     */
    static boolean withBias(
            CudaWorkspace workspace, CudaTensor gy, CudaTensor x, float beta, CudaValues gw, CudaValues gb) {
        if (gw.space.storage() != Storage.PACKED || gw.space.nnz() == 0 || gy.batch == 0) {
            return false;
        }
        SddmmKernel own = SddmmKernel.choose(workspace, gw.space.plan(), gy, x);
        if (own == null || own == SddmmKernel.FEW || BiasGradient.byBlocks(1, gy.batch)) {
            return false;
        }
        SddmmKernel.Cut cut = cut(workspace, own, gy, gw);
        if (cut.parts() > 1) {
            return false;
        }
        inOctets(workspace, own, cut, 1, gy, x, beta, gw, gb);
        return true;
    }

    static SddmmKernel.Cut cut(CudaWorkspace workspace, SddmmKernel kernel, CudaTensor a, CudaValues c) {
        return kernel.cut(workspace.multiprocessors(), c.space.plan(), a.batch);
    }

    /**
     * Where sums have several parts, a second kernel adds these up.
     *
     * @param bias also set to the sums of a's rows, if there is one
     */
    private static void inOctets(
            CudaWorkspace workspace,
            SddmmKernel kernel,
            SddmmKernel.Cut cut,
            float alpha,
            CudaTensor a,
            CudaTensor b,
            float beta,
            CudaValues c,
            @Nullable CudaValues bias) {
        PatternPlan.Pieces octets = c.space.plan().octets();
        DeviceBuffer sums = cut.parts() == 1
                ? c.data()
                : workspace.scratch(CudaWorkspace.Scratch.PARTIALS, cut.parts() * c.space.nnz() * Float.BYTES);
        pattern(kernel.launch(workspace), c, octets);
        terms(workspace.launch(), alpha, a, b, beta, c, cut, sums);
        bias(workspace.launch(), bias, a).grid1d(threads(kernel, octets, cut, bias, a), kernel.block);
        if (cut.parts() > 1) {
            pattern(workspace.launch().kernel("sddmm_total"), c, octets);
            terms(workspace.launch(), alpha, a, b, beta, c, cut, sums).grid1d(c.space.nnz(), BLOCK);
        }
    }

    /** The structure {@code SddmmBias} of the kernels. */
    static Launch bias(Launch launch, @Nullable CudaValues bias, CudaTensor a) {
        return launch.p(bias == null ? 0 : bias.data().address())
                .word(bias == null ? 0 : bias.space.maskBits())
                .word(bias == null ? 0 : a.features);
    }

    /** That have an octet, or a channel of the bias, to sum. */
    static long threads(
            SddmmKernel kernel,
            PatternPlan.Pieces octets,
            SddmmKernel.Cut cut,
            @Nullable CudaValues bias,
            CudaTensor a) {
        long channels = bias == null ? 0 : a.features;
        return (long) octets.count() * cut.parts() * kernel.lanes + channels * BiasGradient.WARP;
    }

    /** The structure {@code SddmmPattern} of the kernels: by octets, or where there are none by the rows of entries. */
    static void pattern(Launch launch, CudaValues c, PatternPlan.@Nullable Pieces octets) {
        PatternPlan plan = c.space.plan();
        launch.p(plan.colIdx())
                .word(octets == null ? plan.rowIdx().address() : 0)
                .word(octets == null ? 0 : octets.words().address())
                .word(c.space.nnz())
                .word(octets == null ? 0 : octets.count());
    }

    /** The structure {@code SddmmTerms} of the kernels. */
    static Launch terms(
            Launch launch,
            float alpha,
            CudaTensor a,
            CudaTensor b,
            float beta,
            CudaValues c,
            SddmmKernel.Cut cut,
            DeviceBuffer partial) {
        return launch.p(a.data())
                .word(b.data().address())
                .word(c.data().address())
                .word(partial.address())
                .word(Launch.pair(a.ld, b.ld))
                .word(Launch.pair(a.batch, cut.width()))
                .word(Launch.pair(cut.parts(), 0))
                .word(Launch.pair(Float.floatToRawIntBits(alpha), Float.floatToRawIntBits(beta)));
    }

    private static void vendor(
            CudaWorkspace workspace, float alpha, CudaTensor a, CudaTensor b, float beta, CudaValues c) {
        if (beta == 0) {
            // cuSPARSE does not say that beta = 0 leaves the output unread, and 0 times a NaN is one.
            workspace.stream().zero(c.data());
        }
        workspace.stream()
                .cusparse()
                .sddmm(alpha, a.matrix(), b.matrix(), beta, c.space.plan().csr(), c.data());
    }
}
