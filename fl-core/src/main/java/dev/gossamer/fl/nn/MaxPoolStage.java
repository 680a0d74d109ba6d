package dev.gossamer.fl.nn;

import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.NnOps;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Max pooling; for the way back it keeps where the maxima were found, a byte each, and no activation. */
final class MaxPoolStage extends Stage {

    private final NnOps nn;
    private final Window window;
    private final @Nullable Indices chosen;

    MaxPoolStage(Assembly assembly, Signal in, Window window) {
        super(assembly, in, null, window.output(in.shape()), false, false);
        this.nn = assembly.workspace().nn();
        this.window = window;
        this.chosen =
                assembly.training() ? assembly.workspace().indices(out().shape().withBatch(assembly.maxBatch())) : null;
    }

    @Override
    long savedBytes() {
        return chosen == null ? 0 : chosen.shape().size();
    }

    @Override
    Pass pass(Views views) {
        return new MaxPoolPass(views);
    }

    private final class MaxPoolPass extends Pass {

        MaxPoolPass(Views views) {
            super(views);
        }

        @Override
        void forward() {
            nn.maxPool(x, window, y, chosen);
        }

        @Override
        void backward() {
            if (gx != null) {
                nn.maxPoolGradient(found(), window, gy(), beta, gx, gate);
            }
        }

        @Override
        void forwardTangent() {
            nn.maxPoolTangent(found(), window, dot().x(), dot().y());
        }

        @Override
        void backwardTangent() {
            Tensor gxDot = dot().gx();
            if (gxDot != null) {
                nn.maxPoolGradient(found(), window, dot().gy(), beta, gxDot, gate);
            }
        }

        private Indices found() {
            return Objects.requireNonNull(chosen, "only a training session goes backward");
        }
    }
}
