package dev.gossamer.fl.nn;

import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.NnOps;

/** Average pooling, which needs nothing for the way back. */
final class AveragePoolStage extends Stage {

    private final NnOps nn;
    private final Window window;

    AveragePoolStage(Assembly assembly, Signal in, Window window) {
        super(assembly, in, null, window.output(in.shape()), false, false);
        this.nn = assembly.workspace().nn();
        this.window = window;
    }

    @Override
    Pass pass(Views views) {
        return new AveragePoolPass(views);
    }

    private final class AveragePoolPass extends Pass {

        AveragePoolPass(Views views) {
            super(views);
        }

        @Override
        void forward() {
            nn.averagePool(x, window, y);
        }

        @Override
        void backward() {
            if (gx != null) {
                nn.averagePoolGradient(window, gy(), beta, gx, gate);
            }
        }

        @Override
        void forwardTangent() {
            nn.averagePool(dot().x(), window, dot().y());
        }

        @Override
        void backwardTangent() {
            Tensor gxDot = dot().gx();
            if (gxDot != null) {
                nn.averagePoolGradient(window, dot().gy(), beta, gxDot, gate);
            }
        }
    }
}
