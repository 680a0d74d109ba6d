package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Retile;
import org.junit.jupiter.api.Test;

/** Images in tiles: cut, put together, cut anew, with overlaps of less and of more than a tile, of one image and of many. */
public abstract class RetileContract extends BackendContract {

    private static final Tiling[] TILINGS = {
        Tiling.WHOLE, new Tiling(4, 4), new Tiling(2, 2), new Tiling(4, 2), new Tiling(2, 1), new Tiling(1, 3)
    };

    @Test
    void movesEveryNumberToItsPlace() {
        cases("retile", 120, (c, rig) -> {
            Tiling from = c.turn("from", TILINGS);
            Tiling to = c.pick("same tiles", true, false) ? from : c.pick("to", TILINGS);
            int overlap = c.pick("overlap", 0, 1, 1, 2, 3);
            Shape images = c.note(
                    "images",
                    new Shape(
                            c.size("channels", 9),
                            from.rows() * to.rows() * c.size("tile rows", 2),
                            from.cols() * to.cols() * c.size("tile columns", 3),
                            c.pick("images", 1, 1, 2, 3, 5, 17)));
            check(c, rig, images, from, to, overlap);
        });
    }

    /** As it is between the layers of a network: tiles of one image, down to a position each. */
    @Test
    void addsAnOverlap() {
        cases("overlap", 24, (c, rig) -> {
            Tiling tiling = c.pick("tiling", new Tiling(4, 4), new Tiling(4, 2), new Tiling(2, 2), new Tiling(1, 16));
            int side = c.turn("side", 1, 2, 3, 8);
            Shape images = new Shape(
                    c.pick("channels", 1, 2, 3, 40), tiling.rows() * side, tiling.cols() * side, 16 / tiling.count());
            check(c, rig, images.withBatch(c.size("images", images.batch())), tiling, tiling, 1);
        });
    }

    private static void check(Case c, Rig rig, Shape images, Tiling from, Tiling to, int overlap) {
        Shape in = from.tiles(images, 0);
        Shape out = to.tiles(images, overlap);
        float[] x = c.values(in.size());
        int beyond = c.pick("beyond", 0, 0, 3, 20);
        Tensor tx = rig.tensor(in, beyond, x);
        Tensor ty = rig.tensor(out, beyond, nan(out.size()));

        rig.workspace().nn().retile(tx, from, ty, to, overlap);

        Close.sameBits("y", rig.read(ty), Retile.of(in, from, x, to, overlap));
        Close.sameBits("x afterwards", rig.read(tx), x);
    }

    @Test
    void refusesTilesThatDoNotFit() {
        cases("refused", 1, (c, rig) -> {
            NnOps nn = rig.workspace().nn();
            Tiling four = new Tiling(2, 2);
            Tensor x = rig.workspace().tensor(new Shape(3, 4, 6, 2), Layout.NATIVE);
            Tensor y = rig.workspace().tensor(new Shape(3, 2, 3, 8), Layout.NATIVE);
            assertThatThrownBy(() -> nn.retile(x, Tiling.WHOLE, y, four, 1))
                    .hasMessageContaining("y must have shape [3, 4, 5, 8]");
            assertThatThrownBy(() -> nn.retile(y, new Tiling(3, 1), x, Tiling.WHOLE, 0))
                    .hasMessageContaining("A batch of 8 tiles is no number of images of 3x1 tiles");
            assertThatThrownBy(() -> nn.retile(x, Tiling.WHOLE, y, new Tiling(3, 2), 0))
                    .hasMessageContaining("cannot be cut into 3x2 tiles");
        });
    }
}
