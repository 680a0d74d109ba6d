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

    /** Numbers of a channel in {@code NormFactors} of the kernels. */
    private static final int FACTORS = 5;

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
                .blocks(channels, BiasGradient.threads(plane(x), x.batch));
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
        long averages = workspace.scratch(Scratch.PARTIALS, averageBytes(x)).address();
        sums(workspace, x, saved, gy, averages, gGamma, gBeta);
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

    private static long averageBytes(CudaTensor x) {
        return 2L * x.shape().channels() * Float.BYTES;
    }

    /** Averages of gy and of gy·x̂ for each channel, and the sums where they are wanted. */
    private static void sums(
            CudaWorkspace workspace,
            CudaTensor x,
            BatchNorm.Saved saved,
            CudaTensor gy,
            long averages,
            @Nullable CudaValues gGamma,
            @Nullable CudaValues gBeta) {
        int channels = x.shape().channels();
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
                .p(gGamma == null ? 0 : gGamma.data().address())
                .p(gGamma == null ? 0 : gGamma.space.maskBits())
                .p(gBeta == null ? 0 : gBeta.data().address())
                .p(gBeta == null ? 0 : gBeta.space.maskBits())
                .blocks(channels, BiasGradient.threads(plane(x), x.batch));
    }

    static void tangent(
            CudaWorkspace workspace,
            CudaTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            CudaTensor xDot,
            Values gammaDot,
            Values betaDot,
            float beta,
            CudaTensor yDot,
            @Nullable CudaMask mask) {
        long averages = workspace.scratch(Scratch.PARTIALS, averageBytes(x)).address();
        sums(workspace, x, saved, xDot, averages, null, null);
        Launch launch = workspace
                .launch()
                .kernel("batch_norm_tangent")
                .p(x.data())
                .i(x.ld)
                .p(xDot.data())
                .i(xDot.ld)
                .i(x.features)
                .i(plane(x))
                .p(data(saved.mean()))
                .p(data(saved.inverseDeviation()))
                .p(data(norm.gamma()))
                .p(averages)
                .p(data(gammaDot))
                .p(data(betaDot));
        Output.pass(launch, yDot, beta, mask).grid1d(Scaling.quads(yDot), BLOCK);
    }

    static void gradientTangent(
            CudaWorkspace workspace,
            CudaTensor x,
            BatchNorm norm,
            BatchNorm.Saved saved,
            CudaTensor xDot,
            Values gammaDot,
            CudaTensor gy,
            CudaTensor gyDot,
            float beta,
            CudaTensor gxDot,
            @Nullable CudaMask mask,
            CudaValues gGammaDot,
            CudaValues gBetaDot) {
        int channels = x.shape().channels();
        long xAverages = workspace
                .scratch(Scratch.PARTIALS, 3 * averageBytes(x) + (long) channels * FACTORS * Float.BYTES)
                .address();
        long gyAverages = xAverages + averageBytes(x);
        long dotAverages = gyAverages + averageBytes(x);
        long factors = dotAverages + averageBytes(x);
        sums(workspace, x, saved, xDot, xAverages, null, null);
        sums(workspace, x, saved, gy, gyAverages, null, null);
        sums(workspace, x, saved, gyDot, dotAverages, null, null);
        workspace
                .launch()
                .kernel("batch_norm_factors")
                .p(xDot.data())
                .i(xDot.ld)
                .p(gy.data())
                .i(gy.ld)
                .i(channels)
                .i(plane(x))
                .i(x.batch)
                .p(data(saved.inverseDeviation()))
                .p(data(norm.gamma()))
                .p(data(gammaDot))
                .p(xAverages)
                .p(gyAverages)
                .p(dotAverages)
                .p(factors)
                .p(gGammaDot.data())
                .p(gGammaDot.space.maskBits())
                .p(gBetaDot.data())
                .p(gBetaDot.space.maskBits())
                .blocks(channels, BiasGradient.threads(plane(x), x.batch));
        Launch launch = workspace
                .launch()
                .kernel("batch_norm_gradient_tangent")
                .p(x.data())
                .i(x.ld)
                .p(xDot.data())
                .i(xDot.ld)
                .p(gy.data())
                .i(gy.ld)
                .p(gyDot.data())
                .i(gyDot.ld)
                .i(x.features)
                .i(plane(x))
                .p(data(saved.mean()))
                .p(xAverages)
                .p(factors);
        Output.pass(launch, gxDot, beta, mask).grid1d(Scaling.quads(gxDot), BLOCK);
    }

    private static int plane(CudaTensor x) {
        return x.features / x.shape().channels();
    }

    private static DeviceBuffer data(Values values) {
        return ((CudaValues) values).data();
    }
}
