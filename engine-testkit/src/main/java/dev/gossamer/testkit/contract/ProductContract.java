package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.filled;
import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Convolution;
import dev.gossamer.testkit.reference.GatherScatter;
import dev.gossamer.testkit.reference.Relu;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Linear products and their gradients: dense and sparse, whole and partial batches. A partial batch is a view of a larger
 * tensor that is NaN beyond the view, so that reading or keeping what is not the view's is seen. {@link ConvolutionContract}
 * asks the same of other geometries.
 */
public abstract class ProductContract extends BackendContract {

    private static final Integer[] BATCHES = {1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 100};

    /** What a case of any of the four products draws. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as its case
    private record Draw(
            Geometry geometry, int batch, int beyond, float beta, SparsityPattern pattern, boolean dense, float[] w) {

        static Draw of(Case c, int batch, Geometry geometry) {
            boolean dense = c.pick("dense", true, false, false);
            SparsityPattern pattern = dense
                    ? SparsityPattern.full(geometry.rows(), geometry.cols())
                    : c.pattern(geometry.rows(), geometry.cols());
            int beyond = c.pick("beyond", 0, 0, 1, 5, 16, 40);
            return new Draw(geometry, batch, beyond, c.beta(), pattern, dense, c.values(pattern.nnz()));
        }

        Values weights(Rig rig) {
            return rig.matrix(geometry.rows(), geometry.cols(), dense ? null : pattern, w);
        }

        float[] input(Case c) {
            return c.values(geometry.inShape(batch).size());
        }

        float[] output(Case c) {
            return c.values(geometry.outShape(batch).size());
        }

        Tensor in(Rig rig, float[] numbers) {
            return rig.tensor(geometry.inShape(batch), beyond, numbers);
        }

        Tensor out(Rig rig, float[] numbers) {
            return rig.tensor(geometry.outShape(batch), beyond, numbers);
        }

        float[] unread(float[] old) {
            return Rig.unread(beta, old);
        }
    }

    private Draw draw(Case c) {
        int batch = c.turn("batch", BATCHES);
        return Draw.of(c, batch, geometry(c, batch, work()));
    }

    /** What the products of a case are of; weights times output plane times batch are about {@code work} at most. */
    Geometry geometry(Case c, int batch, long work) {
        int[] size = c.sizes("out, in", 2, Math.clamp(work / batch, 1, 10_000));
        return c.pick("plane", false, false, true)
                ? Geometry.linear(new Shape(1 + size[1] / 6, 2, 3, 1), size[0])
                : Geometry.linear(size[1], size[0]);
    }

    /** Cases of each product: some for each batch. */
    int count() {
        return 8 * BATCHES.length;
    }

    long work() {
        return 1_000_000;
    }

    @Test
    void forwardsAsTheOracle() {
        cases("forward", count(), (c, rig) -> {
            Draw d = draw(c);
            float[] x = d.input(c);
            float[] old = d.output(c);
            Values w = d.weights(rig);
            Tensor tx = d.in(rig, x);
            Tensor ty = d.out(rig, d.unread(old));
            int outputs = d.geometry.outChannels();
            double density = c.pick("bias density", 1.0, 1.0, 0.6, 0.0);
            SparsityPattern biasPattern = density < 1 ? c.random(1, outputs, density) : null;
            boolean biased = c.pick("biased", true, true, false);
            float[] bias = c.values(biasPattern == null ? outputs : biasPattern.nnz());
            boolean relu = c.pick("relu", true, false);
            Mask mask = relu && c.pick("masked", true, false)
                    ? rig.workspace().mask(d.geometry.outShape(d.batch + d.beyond))
                    : null;
            Values tb = biased ? rig.vector(outputs, biasPattern, bias) : null;

            rig.workspace()
                    .product(d.geometry)
                    .forward(w, tx, d.beta, ty, new Epilogue(tb, relu ? Activation.RELU : Activation.IDENTITY, mask));

            float[] wide = biasPattern == null ? bias : GatherScatter.scatter(biasPattern, bias);
            float[] added = biased ? wide : new float[outputs];
            float[] got = rig.read(ty);
            float[] want = Convolution.forward(d.geometry, d.pattern, d.w, x, d.batch, d.beta, old, added, relu);
            float[] magnitudes = Convolution.forward(
                    d.geometry, d.pattern, abs(d.w), abs(x), d.batch, Math.abs(d.beta), abs(old), abs(added), false);
            Close.check("y", got, want, magnitudes, d.geometry.cols() + 2);
            Close.sameBits("x after the product", rig.read(tx), x);
            if (mask != null) {
                masked(d, rig, mask, got);
            }
        });
    }

    /** The mask is opaque: what it lets through of ones shows its bits. */
    private static void masked(Draw d, Rig rig, Mask mask, float[] y) {
        Tensor ones = d.out(rig, filled(y.length, 1));
        rig.workspace().nn().reluGradient(mask, ones, ones);
        Close.sameBits("mask", rig.read(ones), Relu.gradient(Relu.mask(y), filled(y.length, 1)));
    }

    @Test
    void givesTheInputGradientOfTheOracle() {
        cases("input gradient", count(), (c, rig) -> {
            Draw d = draw(c);
            float[] gy = d.output(c);
            float[] old = d.input(c);
            Values w = d.weights(rig);
            Tensor tgy = d.out(rig, gy);
            Tensor tgx = d.in(rig, d.unread(old));
            float[] activation = d.input(c);
            Mask mask =
                    c.pick("masked", true, false) ? rig.mask(d.geometry.inShape(d.batch), d.beyond, activation) : null;

            rig.workspace().product(d.geometry).inputGradient(w, tgy, d.beta, tgx, mask);

            boolean @Nullable [] bits = mask == null ? null : Relu.mask(activation);
            float[] want = Convolution.inputGradient(d.geometry, d.pattern, d.w, gy, d.batch, d.beta, old, bits);
            float[] magnitudes = Convolution.inputGradient(
                    d.geometry, d.pattern, abs(d.w), abs(gy), d.batch, Math.abs(d.beta), abs(old), bits);
            Close.check("gx", rig.read(tgx), want, magnitudes, reached(d.geometry) + 2);
            Close.sameBits("gy after the product", rig.read(tgy), gy);
        });
    }

    /** The most outputs that an input takes part in. */
    static long reached(Geometry geometry) {
        return (long) geometry.outChannels()
                * Math.min(geometry.kernelHeight(), geometry.outHeight())
                * Math.min(geometry.kernelWidth(), geometry.outWidth());
    }

    static long plane(Geometry geometry) {
        return (long) geometry.outHeight() * geometry.outWidth();
    }

    @Test
    void givesTheWeightGradientOfTheOracle() {
        cases("weight gradient", count(), (c, rig) -> {
            Draw d = draw(c);
            float[] x = d.input(c);
            float[] gy = d.output(c);
            Tensor tx = d.in(rig, x);
            Tensor tgy = d.out(rig, gy);
            Values gw = rig.matrix(d.geometry.rows(), d.geometry.cols(), d.dense ? null : d.pattern, d.unread(d.w));

            rig.workspace().product(d.geometry).weightGradient(tx, tgy, d.beta, gw);

            float[] want = Convolution.weightGradient(d.geometry, d.pattern, x, gy, d.batch, d.beta, d.w);
            float[] magnitudes = Convolution.weightGradient(
                    d.geometry, d.pattern, abs(x), abs(gy), d.batch, Math.abs(d.beta), abs(d.w));
            Close.check("gw", rig.read(gw), want, magnitudes, plane(d.geometry) * d.batch + 2);
        });
    }

    @Test
    void givesTheBiasGradientOfTheOracle() {
        cases("bias gradient", count(), (c, rig) -> {
            Draw d = draw(c);
            int outputs = d.geometry.outChannels();
            double density = c.pick("bias density", 1.0, 0.5, 0.0);
            boolean sparse = density < 1;
            SparsityPattern pattern = sparse ? c.random(1, outputs, density) : SparsityPattern.full(1, outputs);
            float[] gy = d.output(c);
            float[] old = c.values(pattern.nnz());
            Values gb = rig.vector(outputs, sparse ? pattern : null, d.unread(old));

            rig.workspace().product(d.geometry).biasGradient(d.out(rig, gy), d.beta, gb);

            float[] want = Convolution.biasGradient(d.geometry, pattern, gy, d.batch, d.beta, old);
            float[] magnitudes =
                    Convolution.biasGradient(d.geometry, pattern, abs(gy), d.batch, Math.abs(d.beta), abs(old));
            Close.check("gb", rig.read(gb), want, magnitudes, plane(d.geometry) * d.batch + 2);
        });
    }

    /** Backends may sum many columns in another way than few. */
    @Test
    void sumsTheBiasGradientOfALargeBatch() {
        cases("bias gradient of a large batch", 12, (c, rig) -> {
            int batch = c.turn("batch", 1000, 1023, 1024, 1025, 1500, 2309, 16_421);
            Geometry geometry = geometry(c, batch, 60L * batch);
            int outputs = geometry.outChannels();
            boolean sparse = c.pick("sparse", true, false);
            SparsityPattern pattern = sparse ? c.random(1, outputs, 0.5) : SparsityPattern.full(1, outputs);
            float beta = c.beta();
            float[] gy = c.values(geometry.outShape(batch).size());
            float[] old = c.values(pattern.nnz());
            Values gb = rig.vector(outputs, sparse ? pattern : null, Rig.unread(beta, old));
            Tensor tgy = rig.tensor(geometry.outShape(batch), c.pick("beyond", 0, 3), gy);

            rig.workspace().product(geometry).biasGradient(tgy, beta, gb);

            float[] want = Convolution.biasGradient(geometry, pattern, gy, batch, beta, old);
            float[] magnitudes = Convolution.biasGradient(geometry, pattern, abs(gy), batch, Math.abs(beta), abs(old));
            Close.check("gb", rig.read(gb), want, magnitudes, plane(geometry) * batch + 2);
        });
    }

    @Test
    void givesBothGradientsAsOneByOne() {
        cases("both gradients", count(), (c, rig) -> {
            Draw d = draw(c);
            Tensor x = d.in(rig, d.input(c));
            Tensor gy = d.out(rig, d.output(c));
            int outputs = d.geometry.outChannels();
            SparsityPattern biases = c.pick("sparse bias", true, false) ? c.random(1, outputs, 0.5) : null;
            float[] old = c.values(biases == null ? outputs : biases.nnz());
            SparsityPattern weights = d.dense ? null : d.pattern;
            Values gw = rig.matrix(d.geometry.rows(), d.geometry.cols(), weights, d.unread(d.w));
            Values gb = rig.vector(outputs, biases, d.unread(old));
            Values gwAlone = rig.matrix(d.geometry.rows(), d.geometry.cols(), weights, d.unread(d.w));
            Values gbAlone = rig.vector(outputs, biases, d.unread(old));
            Product product = rig.workspace().product(d.geometry);

            product.gradients(x, gy, d.beta, gw, gb);

            product.weightGradient(x, gy, d.beta, gwAlone);
            product.biasGradient(gy, d.beta, gbAlone);
            Close.sameBits("gw", rig.read(gw), rig.read(gwAlone));
            Close.sameBits("gb", rig.read(gb), rig.read(gbAlone));
        });
    }

    @Test
    void goesBackwardAsOneByOne() {
        cases("backward", count(), (c, rig) -> {
            Draw d = draw(c);
            Values w = d.weights(rig);
            Tensor x = d.in(rig, d.input(c));
            float[] activation = d.input(c);
            Mask mask =
                    c.pick("masked", true, false) ? rig.mask(d.geometry.inShape(d.batch), d.beyond, activation) : null;
            float[] upstream = d.output(c);
            Tensor gy = d.out(rig, upstream);
            float[] old = d.unread(d.input(c));
            int outputs = d.geometry.outChannels();
            SparsityPattern biases = c.pick("sparse bias", true, false) ? c.random(1, outputs, 0.5) : null;
            float[] none = Rig.unread(0, c.values(biases == null ? outputs : biases.nnz()));
            SparsityPattern weights = d.dense ? null : d.pattern;
            Gradients all = new Gradients(rig, d, old, weights, biases, none);
            Gradients alone = new Gradients(rig, d, old, weights, biases, none);
            Product product = rig.workspace().product(d.geometry);

            product.backward(w, x, gy, d.beta, all.gx, mask, all.gw, all.gb);

            product.weightGradient(x, gy, 0, alone.gw);
            product.biasGradient(gy, 0, alone.gb);
            product.inputGradient(w, gy, d.beta, alone.gx, mask);
            Close.sameBits("gx", rig.read(all.gx), rig.read(alone.gx));
            Close.sameBits("gw", rig.read(all.gw), rig.read(alone.gw));
            Close.sameBits("gb", rig.read(all.gb), rig.read(alone.gb));
            Close.sameBits("gy after the pass", rig.read(gy), upstream);
        });
    }

    /** Where a backward pass writes; that of the weights and the bias holds what may not be read. */
    private static final class Gradients {

        final Tensor gx;
        final Values gw;
        final Values gb;

        Gradients(
                Rig rig,
                Draw d,
                float[] old,
                @Nullable SparsityPattern weights,
                @Nullable SparsityPattern biases,
                float[] none) {
            gx = d.in(rig, old);
            gw = rig.matrix(d.geometry.rows(), d.geometry.cols(), weights, Rig.unread(0, d.w));
            gb = rig.vector(d.geometry.outChannels(), biases, none);
        }
    }

    /** The products are linear, so differences with a step of 1 are derivatives without truncation error. */
    @Test
    void gradientsAreTheDifferencesOfTheForwardProduct() {
        cases("finite differences", 12, (c, rig) -> {
            int batch = c.pick("batch", 1, 2, 3, 17);
            Geometry geometry = geometry(c, batch, 60);
            SparsityPattern pattern = c.random(geometry.rows(), geometry.cols(), 0.5);
            float[] w = c.values(pattern.nnz());
            float[] x = c.values(geometry.inShape(batch).size());
            float[] gy = c.values(geometry.outShape(batch).size());
            Product product = rig.workspace().product(geometry);
            Values tw = rig.matrix(geometry.rows(), geometry.cols(), pattern, w);
            Tensor tx = rig.tensor(geometry.inShape(batch), Layout.NATIVE, x);
            Tensor ty = rig.tensor(geometry.outShape(batch), Layout.NATIVE, nan(gy.length));
            Tensor tgx = rig.tensor(geometry.inShape(batch), Layout.NATIVE, nan(x.length));
            product.inputGradient(tw, rig.tensor(geometry.outShape(batch), Layout.NATIVE, gy), 0, tgx, null);
            Values gw = rig.matrix(geometry.rows(), geometry.cols(), pattern, nan(w.length));
            product.weightGradient(tx, rig.tensor(geometry.outShape(batch), Layout.NATIVE, gy), 0, gw);

            // ⟨gy, y⟩ has the derivative gx with respect to x and gw with respect to w.
            Runnable forward = () -> product.forward(tw, tx, 0, ty, Epilogue.NONE);
            double size1 = 4 * magnitude(geometry, pattern, w, x, gy, batch);
            float[] gx = rig.read(tgx);
            for (int i = 0; i < x.length; i++) {
                float slope = slope(rig, forward, x, i, () -> rig.upload(tx, x), ty, gy);
                Close.check("gx[" + i + "]", gx[i], slope, size1, x.length + gy.length);
            }
            float[] gotGw = rig.read(gw);
            for (int p = 0; p < w.length; p++) {
                float slope = slope(rig, forward, w, p, () -> rig.upload(tw, w), ty, gy);
                Close.check("gw[" + p + "]", gotGw[p], slope, size1, x.length + gy.length);
            }
        });
    }

    private static float slope(
            Rig rig, Runnable forward, float[] at, int index, Runnable upload, Tensor y, float[] gy) {
        float before = at[index];
        at[index] = before + 1;
        double difference = value(rig, forward, upload, y, gy);
        float up = at[index];
        at[index] = before - 1;
        difference -= value(rig, forward, upload, y, gy);
        float step = up - at[index];
        at[index] = before;
        upload.run();
        return (float) (difference / step);
    }

    private static double value(Rig rig, Runnable forward, Runnable upload, Tensor y, float[] gy) {
        upload.run();
        forward.run();
        double sum = 0;
        float[] out = rig.read(y);
        for (int i = 0; i < out.length; i++) {
            sum += (double) gy[i] * out[i];
        }
        return sum;
    }

    /** An upper bound on the sums behind any of the differences. */
    private static double magnitude(
            Geometry geometry, SparsityPattern pattern, float[] w, float[] x, float[] gy, int batch) {
        float[] y = Convolution.forward(
                geometry, pattern, plusOne(w), plusOne(x), batch, 0, new float[gy.length], null, false);
        double sum = 0;
        for (int i = 0; i < gy.length; i++) {
            sum += Math.abs((double) gy[i]) * y[i];
        }
        return sum;
    }

    private static float[] plusOne(float[] x) {
        float[] more = abs(x);
        for (int i = 0; i < more.length; i++) {
            more[i] += 1;
        }
        return more;
    }

    @Test
    void takesAnEmptyBatch() {
        try (Rig rig = rig()) {
            Geometry geometry = emptyBatch();
            int entries = Math.toIntExact(geometry.size());
            Product product = rig.workspace().product(geometry);
            Values w = rig.matrix(geometry.rows(), geometry.cols(), null, filled(entries, 1));
            Tensor x = rig.tensor(geometry.inShape(0), 4, new float[0]);
            Tensor y = rig.tensor(geometry.outShape(0), 4, new float[0]);
            Values gw = rig.matrix(geometry.rows(), geometry.cols(), null, nan(entries));
            Values gb = rig.vector(3, null, nan(3));
            product.forward(w, x, 0, y, Epilogue.NONE);
            product.inputGradient(w, y, 0, x, null);
            product.weightGradient(x, y, 0, gw);
            product.biasGradient(y, 0, gb);
            Close.same("gw of nothing", rig.read(gw), new float[entries]);
            Close.same("gb of nothing", rig.read(gb), new float[3]);
        }
    }

    /** A geometry of 3 output channels for a batch of nothing. */
    Geometry emptyBatch() {
        return Geometry.linear(5, 3);
    }
}
