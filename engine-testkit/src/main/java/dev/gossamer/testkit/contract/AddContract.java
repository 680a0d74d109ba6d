package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Dropout;
import dev.gossamer.testkit.reference.Relu;
import org.junit.jupiter.api.Test;

/** {@code add}: residual addition and copy, to the bit, on whole and partial batches. */
public abstract class AddContract extends BackendContract {

    @Test
    void addsBranches() {
        cases("add", 96, (c, rig) -> {
            Shape shape = DropoutContract.shape(c);
            int beyond = c.pick("beyond", 0, 0, 1, 16, 40);
            float beta = c.pick("beta", 0f, 1f, 1f, -0.3f, 2.25f);
            float[] x = c.values(shape.size());
            x[c.random().nextInt(x.length)] = c.pick("special", Float.NaN, Float.POSITIVE_INFINITY, -0f);
            float[] old = c.values(shape.size());
            float[] activation = c.values(shape.size());
            boolean masked = c.pick("masked", true, false);
            boolean inPlace = beta == 0 && c.pick("in place", true, false);
            Tensor tx = rig.tensor(shape, beyond, x);
            Tensor ty = inPlace ? tx : rig.tensor(shape, c.pick("y's beyond", beyond, 0), Rig.unread(beta, old));
            Mask mask = masked ? rig.mask(shape, c.pick("room", 0, beyond), activation) : null;

            rig.workspace().nn().add(tx, beta, ty, mask);

            Close.same("y", rig.read(ty), Dropout.add(x, beta, old, masked ? Relu.mask(activation) : null));
            if (!inPlace) {
                Close.sameBits("x afterwards", rig.read(tx), x);
            }
        });
    }
}
