package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Relu;
import org.junit.jupiter.api.Test;

/** {@code relu} and {@code reluGradient}, on whole and partial batches, in place and not. */
public abstract class ReluContract extends BackendContract {

    private static final Integer[] BATCHES = {1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 100};

    private static Shape shape(Case c) {
        int batch = c.turn("batch", BATCHES);
        int features = c.size("features", 257);
        return c.pick("plane", false, true) ? new Shape(features, 2, 3, batch) : Shape.of(features, batch);
    }

    @Test
    void rectifiesAndNotesWhatPassed() {
        cases("relu", 66, (c, rig) -> {
            Shape shape = shape(c);
            int beyond = c.pick("beyond", 0, 0, 1, 16, 40);
            float[] x = c.values(shape.size());
            x[c.random().nextInt(x.length)] =
                    c.pick("special", Float.NaN, Float.POSITIVE_INFINITY, -0f, Float.MIN_VALUE);
            float[] gy = c.values(shape.size());
            Mask mask = rig.workspace().mask(shape.withBatch(shape.batch() + c.pick("room", 0, beyond)));
            Tensor tx = rig.tensor(shape, beyond, x);
            boolean inPlace = c.pick("in place", true, false);
            int beyondOut = c.pick("output's beyond", 0, 16);
            Tensor ty = inPlace ? tx : rig.tensor(shape, beyondOut, nan(x.length));
            Tensor tgy = rig.tensor(shape, beyond, gy);
            Tensor tgx = inPlace ? tgy : rig.tensor(shape, beyondOut, nan(x.length));

            rig.workspace().nn().relu(tx, ty, mask);
            rig.workspace().nn().reluGradient(mask, tgy, tgx);

            Close.same("y", rig.read(ty), Relu.relu(x));
            Close.same("gx", rig.read(tgx), Relu.gradient(Relu.mask(x), gy));
            if (!inPlace) {
                Close.sameBits("x afterwards", rig.read(tx), x);
                Close.sameBits("gy afterwards", rig.read(tgy), gy);
            }
        });
    }

    @Test
    void blocksNanGradientsToo() {
        try (Rig rig = rig()) {
            Shape shape = Shape.of(2, 17);
            float[] x = new float[34];
            x[3] = 1;
            Mask mask = rig.workspace().mask(shape);
            Tensor tx = rig.tensor(shape, 0, x);
            rig.workspace().nn().relu(tx, tx, mask);
            float[] gy = nan(34);
            gy[3] = 5;
            Tensor g = rig.tensor(shape, 0, gy);
            rig.workspace().nn().reluGradient(mask, g, g);
            x[3] = 5;
            Close.sameBits("gx", rig.read(g), x);
        }
    }
}
