package dev.gossamer.cuda;

import dev.gossamer.cuda.CudaWorkspace.Scratch;
import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.BatchNorm;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation: a launch that sums channels, a block each, and one over all numbers. Vectors are never packed, so that
 * parameters have a number per channel whatever their pattern.
 */
final class BatchNormalization {

    private static final int BLOCK = 256;

    private BatchNormalization() {}

    static void training(
            CudaWorkspace workspace,
            CudaTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            @Nullable CudaTensor residual,
            Activation activation,
            @Nullable CudaMask mask,
            CudaTensor y) {
        int channels = x.shape().channels();
        workspace
                .launch()
                .kernel("batch_norm_statistics")
                .p(x.data())
                .i(x.ld)
                .i(channels)
                .i(plane(x))
                .i(x.batch)
                .f(norm.epsilon())
                .f(norm.momentum())
                .p(data(saved.mean()))
                .p(data(saved.inverseDeviation()))
                .p(data(norm.runningMean()))
                .p(data(norm.runningVariance()))
                .blocks(channels, BLOCK);
        apply(workspace, x, saved.mean(), saved.inverseDeviation(), 0, norm, residual, activation, mask, y);
    }

    static void inference(
            CudaWorkspace workspace,
            CudaTensor x,
            BatchNorm norm,
            @Nullable CudaTensor residual,
            Activation activation,
            CudaTensor y) {
        apply(
                workspace,
                x,
                norm.runningMean(),
                norm.runningVariance(),
                norm.epsilon(),
                norm,
                residual,
                activation,
                null,
                y);
    }

    /** @param spread inverse deviations where epsilon is 0, else variances */
    private static void apply(
            CudaWorkspace workspace,
            CudaTensor x,
            Values mean,
            Values spread,
            float epsilon,
            BatchNorm norm,
            @Nullable CudaTensor residual,
            Activation activation,
            @Nullable CudaMask mask,
            CudaTensor y) {
        workspace
                .launch()
                .kernel("batch_norm_apply")
                .p(x.data())
                .i(x.ld)
                .i(x.features)
                .i(plane(x))
                .i(x.batch)
                .p(data(mean))
                .p(data(spread))
                .f(epsilon)
                .p(data(norm.gamma()))
                .p(data(norm.beta()))
                .p(residual == null ? 0 : residual.data().address())
                .i(residual == null ? 0 : residual.ld)
                .i(activation == Activation.RELU ? 1 : 0)
                .p(mask == null ? 0 : mask.bits().address())
                .i(mask == null ? 0 : mask.words)
                .p(y.data())
                .i(y.ld)
                .grid1d(Relu.noting(x), BLOCK);
    }

    static void gradient(
            CudaWorkspace workspace,
            CudaTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            CudaTensor gy,
            float beta,
            CudaTensor gx,
            @Nullable CudaMask mask,
            CudaValues gGamma,
            CudaValues gBeta) {
        int channels = x.shape().channels();
        DeviceBuffer averages = workspace.scratch(Scratch.PARTIALS, 2L * channels * Float.BYTES);
        workspace
                .launch()
                .kernel("batch_norm_sums")
                .p(x.data())
                .i(x.ld)
                .p(gy.data())
                .i(gy.ld)
                .i(channels)
                .i(plane(x))
                .i(x.batch)
                .p(data(saved.mean()))
                .p(data(saved.inverseDeviation()))
                .p(averages)
                .p(gGamma.data())
                .p(gGamma.space.maskBits())
                .p(gBeta.data())
                .p(gBeta.space.maskBits())
                .blocks(channels, BLOCK);
        Launch launch = workspace
                .launch()
                .kernel("batch_norm_gradient")
                .p(x.data())
                .i(x.ld)
                .p(gy.data())
                .i(gy.ld)
                .i(x.features)
                .i(plane(x))
                .p(data(saved.mean()))
                .p(data(saved.inverseDeviation()))
                .p(data(norm.gamma()))
                .p(averages);
        Output.pass(launch, gx, beta, mask).grid1d(Scaling.quads(gx), BLOCK);
    }

    private static int plane(CudaTensor x) {
        return x.features / x.shape().channels();
    }

    private static DeviceBuffer data(Values values) {
        return ((CudaValues) values).data();
    }
}
