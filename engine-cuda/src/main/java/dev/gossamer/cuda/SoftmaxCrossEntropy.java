package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaHandles.CudaCell;
import dev.gossamer.cuda.CudaHandles.CudaLabels;
import org.jspecify.annotations.Nullable;

/** Softmax and cross-entropy: a block per 32 samples, then, for larger batches, the sum of what the blocks found. */
final class SoftmaxCrossEntropy {

    private static final int BLOCK = 256;

    private SoftmaxCrossEntropy() {}

    static void run(
            CudaWorkspace workspace,
            CudaTensor logits,
            CudaLabels labels,
            @Nullable CudaTensor gradient,
            CudaCell lossSum,
            CudaCell correct) {
        int groups = (logits.batch + 31) / 32;
        long losses = workspace
                .scratch(CudaWorkspace.Scratch.PARTIALS, groups * (long) (Double.BYTES + Integer.BYTES))
                .address();
        long rights = losses + groups * (long) Double.BYTES;
        workspace
                .launch()
                .kernel("softmax_cross_entropy")
                .p(logits.data())
                .i(logits.ld)
                .p(labels.data())
                .p(gradient == null ? 0 : gradient.data().address())
                .i(gradient == null ? 0 : gradient.ld)
                .i(logits.features)
                .i(logits.batch)
                .p(losses)
                .p(rights)
                .p(lossSum.data())
                .p(correct.data())
                .p(workspace.fault())
                .blocks(groups, BLOCK);
        if (groups > 1) {
            workspace
                    .launch()
                    .kernel("softmax_cross_entropy_total")
                    .p(losses)
                    .p(rights)
                    .i(groups)
                    .p(lossSum.data())
                    .p(correct.data())
                    .blocks(1, BLOCK);
        }
    }

    static void tangent(CudaWorkspace workspace, CudaTensor logits, CudaTensor logitsDot, CudaTensor gradientDot) {
        workspace
                .launch()
                .kernel("softmax_cross_entropy_tangent")
                .p(logits.data())
                .i(logits.ld)
                .p(logitsDot.data())
                .i(logitsDot.ld)
                .p(gradientDot.data())
                .i(gradientDot.ld)
                .i(logits.features)
                .i(logits.batch)
                .grid1d(logits.batch, BLOCK);
    }
}
