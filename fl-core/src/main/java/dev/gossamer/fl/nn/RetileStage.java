package dev.gossamer.fl.nn;

import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.ops.NnOps;

/** Cuts samples into other tiles; only where nothing is differentiated. */
final class RetileStage extends Stage {

    private final NnOps nn;
    private final int overlap;

    /**
     * The next stage of an assembly.
     *
     * @param tiling of the result
     * @param overlap rows and columns more on each side of a tile
     */
    RetileStage(Assembly assembly, Signal in, Tiling tiling, int overlap) {
        super(assembly, in, null, tiling.tiles(in.sample(), overlap).withBatch(1), tiling, false, false);
        this.nn = assembly.workspace().nn();
        this.overlap = overlap;
    }

    @Override
    Pass pass(Views views) {
        return new RetilePass(views);
    }

    private final class RetilePass extends Pass {

        RetilePass(Views views) {
            super(views);
        }

        @Override
        void forward() {
            nn.retile(x, in().tiling(), y, out().tiling(), overlap);
        }

        @Override
        void backward() {
            throw new IllegalStateException("tiles are for inference: there is nothing to go back for");
        }
    }
}
