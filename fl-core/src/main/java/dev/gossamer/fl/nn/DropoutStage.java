package dev.gossamer.fl.nn;

import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.ops.NnOps;

/** Dropout in training; the way back draws the same numbers again instead of keeping them. */
final class DropoutStage extends Stage {

    private final NnOps nn;
    private final float rate;
    private final RandomStream stream;
    private final int site;

    DropoutStage(Assembly assembly, Signal in, float rate) {
        super(assembly, in, null, in.shape(), false, false);
        this.nn = assembly.workspace().nn();
        this.rate = rate;
        this.stream = assembly.stream();
        this.site = assembly.site();
    }

    @Override
    Pass pass(Views views) {
        return new DropoutPass(views);
    }

    private final class DropoutPass extends Pass {

        DropoutPass(Views views) {
            super(views);
        }

        @Override
        void forward() {
            nn.dropout(x, rate, stream, site, 0, y, null);
        }

        @Override
        void backward() {
            if (gx != null) {
                nn.dropout(gy(), rate, stream, site, beta, gx, gate);
            }
        }
    }
}
