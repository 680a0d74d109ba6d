package dev.gossamer.cuda;

import static dev.gossamer.cuda.device.Launch.pair;

import dev.gossamer.cuda.device.Launch;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tiling;

/** Launches the kernel of {@code Retile.cu}. */
final class Retile {

    private static final int BLOCK = 256;

    private Retile() {}

    static void run(CudaWorkspace workspace, CudaTensor x, Tiling from, CudaTensor y, Tiling to, int overlap) {
        Launch launch = workspace.launch().kernel("retile_tiles");
        grid(launch, from, x.shape(), 0);
        grid(launch, to, y.shape(), overlap)
                .i(overlap)
                .i(y.features)
                .p(x.data())
                .i(x.ld)
                .p(y.data())
                .i(y.ld)
                .i(y.batch)
                .grid1d((long) y.features * y.batch, BLOCK);
    }

    /** The structure {@code TileGrid}. */
    private static Launch grid(Launch launch, Tiling tiling, Shape tiles, int overlap) {
        return launch.l(pair(tiling.rows(), tiling.cols()))
                .word(pair(tiles.height() - 2 * overlap, tiles.width() - 2 * overlap));
    }
}
