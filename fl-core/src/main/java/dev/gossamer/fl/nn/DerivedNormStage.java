package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import org.jspecify.annotations.Nullable;

/** A {@link BatchNormStage} by the batch's statistics that leaves the running ones alone, and its tangents. */
final class DerivedNormStage extends Stage {

    private final NnOps nn;
    private final Derivatives derivatives;
    private final BatchNorm norm;
    private final BatchNorm.Saved saved;
    private final Parameter gamma;
    private final Parameter shift;
    private final Activation activation;

    /** @param norm its running statistics are neither read nor moved */
    DerivedNormStage(
            Assembly assembly,
            Derivatives derivatives,
            Signal in,
            @Nullable Signal residual,
            BatchNorm norm,
            Parameter gamma,
            Parameter shift,
            Activation activation) {
        super(assembly, in, residual, in.shape(), activation == Activation.RELU, true);
        Workspace workspace = assembly.workspace();
        int channels = in.shape().channels();
        this.nn = workspace.nn();
        this.derivatives = derivatives;
        this.norm = new BatchNorm(
                norm.gamma(),
                norm.beta(),
                vector(workspace, channels),
                vector(workspace, channels),
                norm.epsilon(),
                norm.momentum());
        this.saved = new BatchNorm.Saved(vector(workspace, channels), vector(workspace, channels));
        this.gamma = gamma;
        this.shift = shift;
        this.activation = activation;
    }

    static Values vector(Workspace workspace, int channels) {
        return workspace.values(workspace.space(channels), Role.THETA);
    }

    @Override
    Pass pass(Views views) {
        return derivatives.hasTangents() ? new TangentPass(views) : new GradientPass(views);
    }

    private class GradientPass extends Pass {

        private final Tensor to;
        private final @Nullable Mask passed = out().mask();
        private final Values gGamma = derivatives.gradient(gamma);
        private final Values gShift = derivatives.gradient(shift);

        GradientPass(Views views) {
            super(views);
            this.to = views.gradient(in());
        }

        @Override
        void forward() {
            nn.batchNorm(x, norm, saved, added, activation, passed, y);
        }

        @Override
        void backward() {
            nn.batchNormGradient(x, norm, saved, gy(), beta, to, gate, gGamma, gShift);
        }
    }

    private final class TangentPass extends GradientPass {

        private final Tensor toDot;
        private final Values gammaDot = derivatives.tangent(gamma);
        private final Values shiftDot = derivatives.tangent(shift);
        private final Values gGammaDot = derivatives.gradientTangent(gamma);
        private final Values gShiftDot = derivatives.gradientTangent(shift);

        TangentPass(Views views) {
            super(views);
            this.toDot = views.gradientTangent(in());
        }

        @Override
        void forwardTangent() {
            Tensor residualDot = dot().added();
            if (residualDot != null) {
                nn.add(residualDot, 0, dot().y(), null);
            }
            nn.batchNormTangent(
                    x,
                    norm,
                    saved,
                    dot().x(),
                    gammaDot,
                    shiftDot,
                    residualDot == null ? 0 : 1,
                    dot().y(),
                    out().mask());
        }

        @Override
        void backwardTangent() {
            nn.batchNormGradientTangent(
                    x, norm, saved, dot().x(), gammaDot, gy(), dot().gy(), beta, toDot, gate, gGammaDot, gShiftDot);
        }
    }
}
