package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.filled;
import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Dropout;
import dev.gossamer.testkit.reference.Relu;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** {@code dropout} and {@code advance}, to the bit: what is kept depends on key, step, site and logical index alone. */
public abstract class DropoutContract extends BackendContract {

    private static final Integer[] BATCHES = {1, 2, 3, 15, 16, 17, 31, 32, 33, 64, 65, 100};

    static Shape shape(Case c) {
        int batch = c.turn("batch", BATCHES);
        int channels = c.size("channels", 65);
        return c.pick("plane", false, true) ? new Shape(1 + channels / 4, 2, 3, batch) : Shape.of(channels, batch);
    }

    @Test
    void dropsTheSameElementsEverywhere() {
        cases("dropout", 96, (c, rig) -> {
            Shape shape = shape(c);
            int beyond = c.pick("beyond", 0, 0, 1, 16, 40);
            float rate = c.pick("rate", 0.5f, 0.1f, 0.9f, 0.3f, 0f, 0x1p-20f, Math.nextDown(1f));
            long key = c.note("key", c.random().nextLong());
            int step = c.pick("step", 0, 1, 3);
            int site = c.pick("site", 0, 7, -1);
            float beta = c.beta();
            float[] x = c.values(shape.size());
            x[c.random().nextInt(x.length)] = c.pick("special", Float.NaN, Float.POSITIVE_INFINITY, -0f);
            float[] old = c.values(shape.size());
            float[] activation = c.values(shape.size());
            boolean masked = c.pick("masked", true, false);
            boolean inPlace = beta == 0 && c.pick("in place", true, false);
            Tensor tx = rig.tensor(shape, beyond, x);
            Tensor ty = inPlace ? tx : rig.tensor(shape, beyond, Rig.unread(beta, old));
            Mask mask = masked ? rig.mask(shape, beyond, activation) : null;
            RandomStream stream = rig.workspace().randomStream();
            rig.workspace().write(stream, key);
            for (int i = 0; i < step; i++) {
                rig.workspace().nn().advance(stream);
            }

            rig.workspace().nn().dropout(tx, rate, stream, site, beta, ty, mask);

            boolean[] kept = Dropout.kept(x.length, rate, key, step, site);
            boolean[] bits = masked ? Relu.mask(activation) : null;
            Close.same("y", rig.read(ty), Dropout.dropout(x, rate, kept, beta, old, bits));
            if (!inPlace) {
                Close.sameBits("x afterwards", rig.read(tx), x);
            }
        });
    }

    /** A recorded step that draws and advances draws anew at each run; a new key starts over. */
    @Test
    void drawsAnewAtEachRunOfARecordedStep() {
        try (Rig rig = rig()) {
            Shape shape = new Shape(3, 2, 2, 17);
            int size = Math.toIntExact(shape.size());
            Tensor x = rig.tensor(shape, 0, filled(size, 1));
            Tensor y = rig.tensor(shape, 0, nan(size));
            RandomStream stream = rig.workspace().randomStream();
            NnOps nn = rig.workspace().nn();
            Step step = rig.workspace().record(() -> {
                nn.dropout(x, 0.5f, stream, 2, 0, y, null);
                nn.advance(stream);
            });
            for (long key : new long[] {0, 99, 99}) {
                if (key != 0) {
                    rig.workspace().write(stream, key);
                }
                for (int run = 0; run < 3; run++) {
                    step.run();
                    boolean[] kept = Dropout.kept(size, 0.5f, key, run, 2);
                    float[] want = Dropout.dropout(filled(size, 1), 0.5f, kept, 0, new float[size], null);
                    Close.same("y of key " + key + ", run " + run, rig.read(y), want);
                }
            }
        }
    }

    /** Backward with the same stream, site and rate brings gradients to what was kept and to nothing else. */
    @Test
    void goesBackThroughWhatWasKept() {
        cases("dropout back", 12, (c, rig) -> {
            Shape shape = shape(c);
            float[] gy = c.values(shape.size());
            RandomStream stream = rig.workspace().randomStream();
            rig.workspace().write(stream, c.random().nextLong());
            Tensor y = rig.tensor(shape, 0, filled(gy.length, 1));
            Tensor gx = rig.tensor(shape, 0, gy);
            rig.workspace().nn().dropout(y, 0.3f, stream, 1, 0, y, null);
            rig.workspace().nn().dropout(gx, 0.3f, stream, 1, 0, gx, null);
            float[] factors = rig.read(y);
            float[] want = new float[gy.length];
            for (int i = 0; i < want.length; i++) {
                want[i] = gy[i] * factors[i];
            }
            Close.same("gx", rig.read(gx), want);
        });
    }

    @Test
    void dropsTheShareThatIsAskedFor() {
        try (Rig rig = rig()) {
            Shape shape = Shape.of(300, 333);
            int size = Math.toIntExact(shape.size());
            Tensor x = rig.tensor(shape, 0, filled(size, 1));
            Tensor y = rig.tensor(shape, 0, nan(size));
            for (float rate : new float[] {0.1f, 0.5f, 0.8f}) {
                rig.workspace().nn().dropout(x, rate, rig.workspace().randomStream(), 0, 0, y, null);
                double sum = 0;
                int dropped = 0;
                for (float number : rig.read(y)) {
                    sum += number;
                    dropped += number == 0 ? 1 : 0;
                }
                // Five standard deviations of a binomial share.
                double spread = 5 * Math.sqrt(rate * (1 - rate) / size);
                assertThat((double) dropped / size).as("dropped at " + rate).isCloseTo(rate, Offset.offset(spread));
                assertThat(sum / size).as("mean at " + rate).isCloseTo(1, Offset.offset(spread / (1 - rate) + 1e-6));
            }
        }
    }
}
