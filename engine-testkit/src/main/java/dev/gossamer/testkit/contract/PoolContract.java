package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Pool;
import dev.gossamer.testkit.reference.Relu;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Max and average pools: windows that overlap, leave gaps, are dropped or are the whole plane; whole and partial batches. */
public abstract class PoolContract extends BackendContract {

    private static final Integer[] BATCHES = {1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 100};
    private static final int COUNT = 132;
    private static final long NUMBERS = 6_000;

    private static final int[][] PLANES = {
        {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {7, 7}, {8, 8}, {1, 9}, {9, 2}, {4, 7}, {6, 5}
    };
    private static final int[][] WINDOWS = {{2, 2}, {3, 3}, {2, 2}, {1, 1}, {2, 3}, {4, 4}, {5, 3}, {1, 2}};

    private record Draw(Shape in, Window window, int beyond) {

        static Draw of(Case c) {
            int batch = c.turn("batch", BATCHES);
            int[] plane = PLANES[c.random().nextInt(PLANES.length)];
            long each = (long) plane[0] * plane[1] * batch;
            int channels = c.size("channels", Math.toIntExact(Math.clamp(NUMBERS / each, 1, 65)));
            Shape in = c.note("x", new Shape(channels, plane[0], plane[1], batch));
            return new Draw(in, c.note("window", window(c, in)), c.pick("beyond", 0, 0, 1, 16, 40));
        }

        private static Window window(Case c, Shape in) {
            int[] size = WINDOWS[c.random().nextInt(WINDOWS.length)];
            int padding = c.random().nextInt(Math.min(size[0], size[1]) / 2 + 1);
            boolean fits = size[0] <= in.height() + 2 * padding && size[1] <= in.width() + 2 * padding;
            return fits && c.random().nextInt(6) > 0
                    ? new Window(size[0], size[1], 1 + c.random().nextInt(3), padding)
                    : Window.whole(in);
        }

        Shape out() {
            return window.output(in);
        }

        /** The most windows that an element is in. */
        int overlaps() {
            return Math.ceilDiv(window.height(), window.stride()) * Math.ceilDiv(window.width(), window.stride());
        }
    }

    /** Where an output was found is opaque: the gradient shows it. */
    @Test
    void findsTheLargestAndBringsItsGradientBack() {
        cases("max pool", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            float[] x = c.pick("ties", true, false) ? c.tiedValues(d.in.size()) : c.values(d.in.size());
            for (int i = c.pick("specials", 0, 3, 40); i > 0; i--) {
                x[c.random().nextInt(x.length)] = i % 3 == 0 ? Float.NEGATIVE_INFINITY : Float.NaN;
            }
            float[] gy = c.values(d.out().size());
            float[] old = c.values(d.in.size());
            float[] activation = c.values(d.in.size());
            float beta = c.beta();
            boolean masked = c.pick("masked", true, false);
            Tensor tx = rig.tensor(d.in, d.beyond, x);
            Tensor ty = rig.tensor(d.out(), d.beyond, nan(gy.length));
            Tensor tgy = rig.tensor(d.out(), d.beyond, gy);
            Tensor tgx = rig.tensor(d.in, d.beyond, Rig.unread(beta, old));
            Indices chosen = rig.workspace().indices(d.out().withBatch(d.in.batch() + c.pick("room", 0, d.beyond)));
            Mask mask = masked ? rig.mask(d.in, d.beyond, activation) : null;

            rig.workspace().nn().maxPool(tx, d.window, ty, chosen);
            rig.workspace().nn().maxPoolGradient(chosen, d.window, tgy, beta, tgx, mask);

            Pool.Largest want = Pool.max(d.window, d.in, x);
            Close.same("y", rig.read(ty), want.y());
            boolean[] bits = masked ? Relu.mask(activation) : null;
            Close.check(
                    "gx",
                    rig.read(tgx),
                    Pool.maxGradient(d.window, d.in, want.chosen(), gy, beta, old, bits),
                    Pool.maxGradient(d.window, d.in, want.chosen(), abs(gy), Math.abs(beta), abs(old), bits),
                    d.overlaps() + 2L);
            Close.sameBits("x afterwards", rig.read(tx), x);
            Close.sameBits("gy afterwards", rig.read(tgy), gy);

            rig.upload(ty, nan(gy.length));
            rig.workspace().nn().maxPool(tx, d.window, ty, null);
            Close.same("y without a gradient to come", rig.read(ty), want.y());
        });
    }

    /** The tangent takes from where the maxima were, and is the transpose of the gradient. */
    @Test
    void tangentsComeFromWhereTheMaximaWere() {
        cases("max pool, tangent", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            float[] x = c.pick("ties", true, false) ? c.tiedValues(d.in.size()) : c.values(d.in.size());
            float[] xDot = c.values(d.in.size());
            xDot[c.random().nextInt(xDot.length)] = Float.NaN;
            Tensor tx = rig.tensor(d.in, d.beyond, x);
            Tensor ty = rig.tensor(d.out(), d.beyond, nan(d.out().size()));
            Tensor txDot = rig.tensor(d.in, d.beyond, xDot);
            Tensor tyDot = rig.tensor(d.out(), d.beyond, nan(d.out().size()));
            Indices chosen = rig.workspace().indices(d.out().withBatch(d.in.batch() + c.pick("room", 0, d.beyond)));

            rig.workspace().nn().maxPool(tx, d.window, ty, chosen);
            rig.workspace().nn().maxPoolTangent(chosen, d.window, txDot, tyDot);

            int[] found = Pool.max(d.window, d.in, x).chosen();
            Close.sameBits("yDot", rig.read(tyDot), Pool.maxTangent(d.window, d.in, found, xDot));
            Close.sameBits("xDot afterwards", rig.read(txDot), xDot);
        });
    }

    @Test
    void averagesAndSharesItsGradientOut() {
        cases("average pool", COUNT, (c, rig) -> {
            Draw d = Draw.of(c);
            float[] x = c.values(d.in.size());
            float[] gy = c.values(d.out().size());
            float[] old = c.values(d.in.size());
            float[] activation = c.values(d.in.size());
            float beta = c.beta();
            boolean masked = c.pick("masked", true, false);
            Tensor tx = rig.tensor(d.in, d.beyond, x);
            Tensor ty = rig.tensor(d.out(), d.beyond, nan(gy.length));
            Tensor tgy = rig.tensor(d.out(), d.beyond, gy);
            Tensor tgx = rig.tensor(d.in, d.beyond, Rig.unread(beta, old));
            Mask mask = masked ? rig.mask(d.in, d.beyond, activation) : null;

            rig.workspace().nn().averagePool(tx, d.window, ty);
            rig.workspace().nn().averagePoolGradient(d.window, tgy, beta, tgx, mask);

            Close.check(
                    "y",
                    rig.read(ty),
                    Pool.average(d.window, d.in, x),
                    Pool.average(d.window, d.in, abs(x)),
                    d.window.size() + 2L);
            boolean[] bits = masked ? Relu.mask(activation) : null;
            Close.check(
                    "gx",
                    rig.read(tgx),
                    Pool.averageGradient(d.window, d.in, gy, beta, old, bits),
                    Pool.averageGradient(d.window, d.in, abs(gy), Math.abs(beta), abs(old), bits),
                    d.overlaps() + 3L);
            Close.sameBits("x afterwards", rig.read(tx), x);
            Close.sameBits("gy afterwards", rig.read(tgy), gy);
        });
    }

    /** Pools are linear in x as long as the choice stays, so that {@code ⟨gy, y⟩ = ⟨gx, x⟩}. */
    @Test
    void gradientsAreTheTransposesOfThePools() {
        cases("pools transposed", 24, (c, rig) -> {
            Draw d = Draw.of(c);
            float[] x = c.values(d.in.size());
            float[] gy = c.values(d.out().size());
            Tensor tx = rig.tensor(d.in, 0, x);
            Tensor ty = rig.tensor(d.out(), 0, nan(gy.length));
            Tensor tgy = rig.tensor(d.out(), 0, gy);
            Tensor tgx = rig.tensor(d.in, 0, nan(x.length));
            NnOps nn = rig.workspace().nn();
            Indices chosen = rig.workspace().indices(d.out());
            nn.maxPool(tx, d.window, ty, chosen);
            nn.maxPoolGradient(chosen, d.window, tgy, 0, tgx, null);
            transposed("max", gy, rig.read(ty), rig.read(tgx), x, d);
            nn.averagePool(tx, d.window, ty);
            nn.averagePoolGradient(d.window, tgy, 0, tgx, null);
            transposed("average", gy, rig.read(ty), rig.read(tgx), x, d);
        });
    }

    private static void transposed(String what, float[] gy, float[] y, float[] gx, float[] x, Draw d) {
        double magnitude = dot(abs(gx), abs(x)) + dot(abs(gy), Pool.average(d.window, d.in, abs(x))) * d.window.size();
        assertThat(dot(gx, x))
                .as(what)
                .isCloseTo(dot(gy, y), Offset.offset(4 * Close.UNIT * (d.window.size() + 2) * magnitude));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** The number of the last of {@link Window#MAX_SIZE} elements fits a byte too. */
    @Test
    void findsAnElementOfTheLargestWindow() {
        try (Rig rig = rig()) {
            Shape in = new Shape(1, 15, 17, 4);
            Window window = Window.whole(in);
            float[] x = new float[Math.toIntExact(in.size())];
            int[] found = {128, 254, 254, 254};
            for (int j = 0; j < found.length; j++) {
                x[found[j] * found.length + j] = 1;
            }
            Tensor tx = rig.tensor(in, 0, x);
            Tensor y = rig.tensor(window.output(in), 0, nan(4));
            Tensor gx = rig.tensor(in, 0, nan(x.length));
            Indices chosen = rig.workspace().indices(y.shape());
            rig.workspace().nn().maxPool(tx, window, y, chosen);
            rig.workspace().nn().maxPoolGradient(chosen, window, y, 0, gx, null);
            Close.same("gx of gy = y", rig.read(gx), x);
        }
    }

    @Test
    void keepsTheChoicesOfTwoPoolsApart() {
        try (Rig rig = rig()) {
            Shape in = new Shape(1, 2, 2, 2);
            Window window = Window.square(2);
            Tensor first = rig.tensor(in, 0, new float[] {9, 0, 0, 0, 0, 0, 0, 9});
            Tensor second = rig.tensor(in, 0, new float[] {0, 0, 9, 0, 0, 9, 0, 0});
            Tensor y = rig.tensor(window.output(in), 0, nan(2));
            Tensor gy = rig.tensor(window.output(in), 0, new float[] {1, 2});
            Tensor gx = rig.tensor(in, 0, nan(8));
            Indices ofFirst = rig.workspace().indices(window.output(in));
            Indices ofSecond = rig.workspace().indices(window.output(in));
            NnOps nn = rig.workspace().nn();
            nn.maxPool(first, window, y, ofFirst);
            nn.maxPool(second, window, y, ofSecond);
            nn.maxPoolGradient(ofFirst, window, gy, 0, gx, null);
            Close.same("gx of the first", rig.read(gx), new float[] {1, 0, 0, 0, 0, 0, 0, 2});
            nn.maxPoolGradient(ofSecond, window, gy, 1, gx, null);
            Close.same("gx of both", rig.read(gx), new float[] {1, 0, 1, 0, 0, 2, 0, 2});
        }
    }

    @Test
    void takesAnEmptyBatch() {
        try (Rig rig = rig()) {
            Shape in = new Shape(2, 4, 4, 0);
            Window window = Window.square(2);
            Tensor x = rig.tensor(in, 3, new float[0]);
            Tensor y = rig.tensor(window.output(in), 3, new float[0]);
            Indices chosen = rig.workspace().indices(window.output(in).withBatch(3));
            NnOps nn = rig.workspace().nn();
            nn.maxPool(x, window, y, chosen);
            nn.maxPoolGradient(chosen, window, y, 1, x, null);
            nn.averagePool(x, window, y);
            nn.averagePoolGradient(window, y, 1, x, null);
            rig.workspace().sync();
        }
    }
}
