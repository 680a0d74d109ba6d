package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaSpace.Storage;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Epilogue;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a linear layer's input, weights and bias by one launch, to the bits of {@link Spmm} and {@link Sddmm}: for
 * batches of up to 32, where a layer takes as long as its launches.
 */
final class LinearBackward {

    private LinearBackward() {}

    /**
     * Runs it, with beta 0 for weights and bias.
     *
     * @return false where that cannot be, and nothing was done
     */
    static boolean run(
            CudaWorkspace workspace,
            CudaValues w,
            CudaTensor x,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask,
            CudaValues gw,
            CudaValues gb) {
        if (!packed(w) || !packed(gw) || BiasGradient.byBlocks(1, gy.batch)) {
            return false;
        }
        int multiprocessors = workspace.multiprocessors();
        PatternPlan plan = w.space.plan();
        SpmmKernel product = SpmmKernel.choose(workspace.tuning(), multiprocessors, plan, gy, gx);
        SddmmKernel sums = SddmmKernel.choose(workspace, gw.space.plan(), gy, x);
        if (product != SpmmKernel.COLUMNS_32 || sums != SddmmKernel.COLUMNS_32) {
            return false;
        }
        PatternPlan.Pieces pieces = product.pieces(multiprocessors, plan, true, gx.batch);
        PatternPlan.Pieces octets = gw.space.plan().octets();
        SddmmKernel.Cut cut = Sddmm.cut(workspace, sums, gy, gw);
        // Both go round what they have, so that a grid that is bounded may have any share of each.
        long most = Launch.mostBlocks(multiprocessors) / 2;
        int products = (int) Math.min(product.blocks(pieces.count(), gx.batch), most);
        long others = Math.ceilDiv(Sddmm.threads(sums, octets, cut, gb, gy), sums.block);

        Launch launch = workspace.launch().kernel("linear_backward_32").i(products);
        Spmm.matrix(launch, product, pieces, w, true, gy);
        Spmm.end(launch, 1, beta, gx, mask, Epilogue.NONE);
        Sddmm.pattern(launch, gw, octets);
        Sddmm.terms(launch, 1, gy, x, 0, gw, cut, gw.data());
        Sddmm.bias(launch, gb, gy).blocks(products + others, sums.block);
        return true;
    }

    private static boolean packed(CudaValues values) {
        return values.space.storage() == Storage.PACKED && values.space.nnz() > 0;
    }
}
