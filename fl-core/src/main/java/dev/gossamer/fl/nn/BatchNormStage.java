package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import org.jspecify.annotations.Nullable;

/** Batch normalisation with residual and activation; for the way back it keeps its input and two numbers per channel. */
final class BatchNormStage extends Stage {

    private final NnOps nn;
    private final BatchNorm norm;
    private final BatchNorm.@Nullable Saved saved;
    private final Parameter gamma;
    private final Parameter shift;
    private final Activation activation;

    BatchNormStage(
            Assembly assembly,
            Signal in,
            @Nullable Signal residual,
            BatchNorm norm,
            Parameter gamma,
            Parameter shift,
            Activation activation) {
        super(assembly, in, residual, in.shape(), activation == Activation.RELU, true);
        if (in.producer() < 0) {
            throw new IllegalArgumentException("A batch normalisation needs a layer before it");
        }
        this.nn = assembly.workspace().nn();
        this.norm = norm;
        this.gamma = gamma;
        this.shift = shift;
        this.activation = activation;
        this.saved =
                assembly.training() ? saved(assembly.workspace(), in.shape().channels()) : null;
    }

    private static BatchNorm.Saved saved(Workspace workspace, int channels) {
        return new BatchNorm.Saved(statistic(workspace, channels), statistic(workspace, channels));
    }

    private static Values statistic(Workspace workspace, int channels) {
        return workspace.values(workspace.space(channels), Role.THETA);
    }

    @Override
    long savedBytes() {
        return saved == null ? 0 : 2L * Float.BYTES * in().shape().channels();
    }

    @Override
    Pass pass(Views views) {
        return saved == null ? new InferencePass(views) : new TrainingPass(views, saved);
    }

    private final class InferencePass extends Pass {

        InferencePass(Views views) {
            super(views);
        }

        @Override
        void forward() {
            nn.batchNormInference(x, norm, added, activation, y);
        }

        @Override
        void backward() {
            throw new IllegalStateException("only a training session goes backward");
        }
    }

    private final class TrainingPass extends Pass {

        private final BatchNorm.Saved statistics;
        private final Tensor to;

        TrainingPass(Views views, BatchNorm.Saved statistics) {
            super(views);
            this.statistics = statistics;
            this.to = views.gradient(in());
        }

        @Override
        void forward() {
            nn.batchNorm(x, norm, statistics, added, activation, out().mask(), y);
        }

        @Override
        void backward() {
            nn.batchNormGradient(x, norm, statistics, gy(), beta, to, gate, gamma.gradient(), shift.gradient());
        }
    }
}
