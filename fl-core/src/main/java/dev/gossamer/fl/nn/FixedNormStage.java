package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A batch norm by the running statistics, differentiated: y = gamma·x̂ + shift with {@code x̂ = (x − mean)·inverse} is linear in
 * x, and bilinear in x̂ and gamma. So gradients and tangents are such norms too, of other numbers.
 */
final class FixedNormStage extends Stage {

    private final Workspace workspace;
    private final NnOps nn;
    private final Derivatives derivatives;
    private final BatchNorm norm;
    private final Parameter gamma;
    private final Parameter shift;
    private final boolean rectifies;

    /** All 0. */
    private final Values zeros;

    /** {@code 1 / sqrt(variance + epsilon)} of the running variance. */
    private final Values inverse;

    /** Gradients of no interest. */
    private final Values unwanted;

    private final Tensor unwantedInput;

    FixedNormStage(
            Assembly assembly,
            Derivatives derivatives,
            Signal in,
            @Nullable Signal residual,
            BatchNorm norm,
            Parameter gamma,
            Parameter shift,
            Activation activation) {
        super(assembly, in, residual, in.shape(), activation == Activation.RELU, true);
        this.workspace = assembly.workspace();
        this.nn = workspace.nn();
        this.derivatives = derivatives;
        this.norm = norm;
        this.gamma = gamma;
        this.shift = shift;
        this.rectifies = activation == Activation.RELU;
        int channels = in.shape().channels();
        this.zeros = DerivedNormStage.vector(workspace, channels);
        this.inverse = DerivedNormStage.vector(workspace, channels);
        this.unwanted = DerivedNormStage.vector(workspace, channels);
        this.unwantedInput = workspace.tensor(in.shape().withBatch(assembly.maxBatch()), Layout.NATIVE);
    }

    /** The running variance may have changed since the last time. */
    @Override
    void prepare() {
        float[] numbers = new float[in().shape().channels()];
        MemorySegment host = MemorySegment.ofArray(numbers);
        workspace.download(norm.runningVariance(), host);
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) (1 / Math.sqrt((double) numbers[i] + norm.epsilon()));
        }
        workspace.upload(host, inverse);
    }

    @Override
    Pass pass(Views views) {
        return derivatives.hasTangents() ? new TangentPass(views) : new GradientPass(views);
    }

    /** {@code y = scale·inverse·(x − mean) + shift}. */
    private BatchNorm affine(Values scale, Values mean, Values by) {
        return new BatchNorm(scale, by, mean, norm.runningVariance(), norm.epsilon(), norm.momentum());
    }

    private class GradientPass extends Pass {

        final @Nullable Mask passed = out().mask();
        final BatchNorm.Saved about = new BatchNorm.Saved(norm.runningMean(), inverse);
        final BatchNorm scaling = affine(norm.gamma(), zeros, zeros);
        final Tensor scratch;
        private final Values gGamma = derivatives.gradient(gamma);
        private final Values gShift = derivatives.gradient(shift);
        final Tensor to;

        GradientPass(Views views) {
            super(views);
            this.scratch = views.view(unwantedInput);
            this.to = views.gradient(in());
        }

        @Override
        void forward() {
            nn.batchNormInference(x, norm, added, Activation.IDENTITY, y);
            if (rectifies) {
                nn.relu(y, y, Objects.requireNonNull(passed, "a session that differentiates keeps masks"));
            }
        }

        @Override
        void backward() {
            nn.batchNormGradient(x, norm, about, gy(), 0, scratch, null, gGamma, gShift);
            scale(gy(), scaling, beta == 0 ? null : to, to, gate);
        }

        /** {@code out = gate ⊙ (scaled in + old)}. */
        final void scale(Tensor in, BatchNorm by, @Nullable Tensor old, Tensor out, @Nullable Mask through) {
            nn.batchNormInference(in, by, old, Activation.IDENTITY, out);
            if (through != null) {
                nn.reluGradient(through, out, out);
            }
        }
    }

    private final class TangentPass extends GradientPass {

        private final Tensor toDot;
        private final BatchNorm.Saved aboutZero = new BatchNorm.Saved(zeros, inverse);
        private final BatchNorm ofParameters =
                affine(derivatives.tangent(gamma), norm.runningMean(), derivatives.tangent(shift));
        private final BatchNorm ofGamma = affine(derivatives.tangent(gamma), zeros, zeros);

        private final Values gGammaDot = derivatives.gradientTangent(gamma);
        private final Values gShiftDot = derivatives.gradientTangent(shift);

        /** One of two terms of gamma's. */
        private final Values part = derivatives.gradientTangentPart(gamma);

        TangentPass(Views views) {
            super(views);
            this.toDot = views.gradientTangent(in());
        }

        @Override
        void forwardTangent() {
            scale(dot().x(), scaling, dot().added(), dot().y(), null);
            scale(x, ofParameters, dot().y(), dot().y(), passed);
        }

        @Override
        void backwardTangent() {
            nn.batchNormGradient(x, norm, about, dot().gy(), 0, scratch, null, gGammaDot, gShiftDot);
            nn.batchNormGradient(dot().x(), norm, aboutZero, gy(), 0, scratch, null, part, unwanted);
            workspace.dense().axpy(1, part, gGammaDot);
            scale(dot().gy(), scaling, beta == 0 ? null : toDot, toDot, null);
            scale(gy(), ofGamma, toDot, toDot, gate);
        }
    }
}
