package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Convolution;
import dev.gossamer.testkit.reference.Relu;
import org.junit.jupiter.api.Test;

/**
 * Convolutions and their gradients: everything that {@link ProductContract} asks, of kernels even and odd, square and not,
 * of strides that do not divide the plane, of paddings up to beyond the kernel's reach, and of the linear layer over a whole
 * plane that follows the last convolution of a network.
 */
public abstract class ConvolutionContract extends ProductContract {

    private static final int[][] KERNELS = {
        {3, 3}, {1, 1}, {5, 5}, {3, 3}, {7, 7}, {2, 3}, {2, 2}, {4, 4}, {1, 3}, {5, 1}, {3, 3}
    };
    private static final int[][] PLANES = {
        {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {7, 7}, {8, 8}, {9, 9}, {1, 9}, {9, 2}, {4, 7}, {6, 5}
    };

    @Override
    Geometry geometry(Case c, int batch, long work) {
        int[] plane = PLANES[c.random().nextInt(PLANES.length)];
        boolean whole = c.random().nextInt(12) == 0;
        int[] kernel = whole ? plane : KERNELS[c.random().nextInt(KERNELS.length)];
        int stride = whole ? 1 : c.random().nextInt(2) * (1 + c.random().nextInt(2)) + 1;
        int padding = whole ? 0 : padding(c, kernel, plane);
        Geometry one = new Geometry(1, plane[0], plane[1], 1, kernel[0], kernel[1], stride, padding);
        long each = one.size() * plane(one) * batch;
        int[] channels = c.sizes("out, in channels", 2, Math.max(1, work / each));
        return c.note(
                "geometry",
                new Geometry(channels[1], plane[0], plane[1], channels[0], kernel[0], kernel[1], stride, padding));
    }

    @Override
    int count() {
        return 2 * super.count();
    }

    @Override
    long work() {
        return 300_000;
    }

    @Override
    Geometry emptyBatch() {
        return new Geometry(2, 5, 4, 3, 3, 3, 2, 1);
    }

    /** "Same" padding in half of the cases, else 0 to 3; at least as much as makes the kernel fit. */
    private static int padding(Case c, int[] kernel, int[] plane) {
        int least = 0;
        while (kernel[0] > plane[0] + 2 * least || kernel[1] > plane[1] + 2 * least) {
            least++;
        }
        int same = Math.min(kernel[0], kernel[1]) / 2;
        return Math.max(least, c.random().nextBoolean() ? same : c.random().nextInt(4));
    }

    /** What one product writes is what the next reads, around the plane too, forward and back. */
    @Test
    void feedsOneProductFromAnother() {
        cases("convolution after convolution", 12, (c, rig) -> {
            int batch = c.turn("batch", 1, 15, 16, 17, 33, 65);
            int beyond = c.pick("beyond", 0, 5);
            Geometry first = new Geometry(2, 6, 5, 3, 3, 3, 1, c.pick("padding", 0, 1, 2));
            Shape between = first.outShape(batch);
            Geometry second = c.pick("second is linear", true, false)
                    ? Geometry.linear(between, 4)
                    : new Geometry(3, between.height(), between.width(), 4, 3, 3, c.pick("stride", 1, 2), 1);
            SparsityPattern pattern1 = c.random(first.rows(), first.cols(), c.pick("density", 1.0, 0.2));
            SparsityPattern pattern2 = c.random(second.rows(), second.cols(), c.pick("density", 1.0, 0.2));
            float[] w1 = c.values(pattern1.nnz());
            float[] w2 = c.values(pattern2.nnz());
            float[] x = c.values(first.inShape(batch).size());
            float[] gy = c.values(second.outShape(batch).size());
            Values tw1 = rig.matrix(first.rows(), first.cols(), pattern1, w1);
            Values tw2 = rig.matrix(second.rows(), second.cols(), pattern2, w2);
            Product product1 = rig.workspace().product(first);
            Product product2 = rig.workspace().product(second);
            Mask mask = rig.workspace().mask(between.withBatch(batch + beyond));
            Tensor tx = rig.tensor(first.inShape(batch), beyond, x);
            Tensor hidden = rig.tensor(between, beyond, nan(between.size()));
            Tensor y = rig.tensor(second.outShape(batch), beyond, nan(gy.length));
            Tensor tgy = rig.tensor(second.outShape(batch), beyond, gy);
            Tensor back = rig.tensor(between, beyond, nan(between.size()));
            Tensor gx = rig.tensor(first.inShape(batch), beyond, nan(x.length));

            product1.forward(tw1, tx, 0, hidden, new Epilogue(null, Activation.RELU, mask));
            product2.forward(tw2, hidden, 0, y, Epilogue.NONE);
            product2.inputGradient(tw2, tgy, 0, back, mask);
            product1.inputGradient(tw1, back, 0, gx, null);

            float[] h = rig.read(hidden);
            float[] none = new float[Math.max(gy.length, Math.max(h.length, x.length))];
            Close.check(
                    "y",
                    rig.read(y),
                    Convolution.forward(second, pattern2, w2, h, batch, 0, none, null, false),
                    Convolution.forward(second, pattern2, abs(w2), abs(h), batch, 0, none, null, false),
                    second.cols() + 2);
            float[] gh = rig.read(back);
            boolean[] passed = Relu.mask(h);
            Close.check(
                    "gradient between",
                    gh,
                    Convolution.inputGradient(second, pattern2, w2, gy, batch, 0, none, passed),
                    Convolution.inputGradient(second, pattern2, abs(w2), abs(gy), batch, 0, none, passed),
                    reached(second) + 2);
            Close.check(
                    "gx",
                    rig.read(gx),
                    Convolution.inputGradient(first, pattern1, w1, gh, batch, 0, none, null),
                    Convolution.inputGradient(first, pattern1, abs(w1), abs(gh), batch, 0, none, null),
                    reached(first) + 2);
        });
    }

    /**
     * As many channels as kernels cut into parts, and as many weights as their gradients do; planes that are mostly rim. Densities
     * on both sides of the one from which the gradient of all weights is computed.
     */
    @Test
    void takesManyChannels() {
        cases("many channels", 10, (c, rig) -> {
            int batch = c.turn("batch", 1, 17, 33);
            float beta = c.turn("beta", 0f, 1f, 0.5f);
            int plane = c.turn("plane", 2, 4, 3, 1, 5);
            int stride = c.turn("stride", 1, 1, 2);
            int ins = c.turn("in channels", 75, 50);
            int outs = c.turn("out channels", 50, 75, 49);
            Geometry g = new Geometry(ins, plane, plane, outs, 3, 3, stride, 1);
            SparsityPattern pattern = c.random(g.rows(), g.cols(), c.turn("density", 0.2, 0.29, 0.2, 0.02));
            float[] w = c.values(pattern.nnz());
            float[] x = c.values(g.inShape(batch).size());
            float[] gy = c.values(g.outShape(batch).size());
            Product product = rig.workspace().product(g);
            Values tw = rig.matrix(g.rows(), g.cols(), pattern, w);
            Tensor y = rig.tensor(g.outShape(batch), 0, gy);
            Tensor gx = rig.tensor(g.inShape(batch), 0, x);
            Values gw = rig.matrix(g.rows(), g.cols(), pattern, w);

            product.forward(tw, rig.tensor(g.inShape(batch), 0, x), beta, y, Epilogue.NONE);
            product.inputGradient(tw, rig.tensor(g.outShape(batch), 0, gy), beta, gx, null);
            product.weightGradient(rig.tensor(g.inShape(batch), 0, x), rig.tensor(g.outShape(batch), 0, gy), beta, gw);

            Close.check(
                    "y",
                    rig.read(y),
                    Convolution.forward(g, pattern, w, x, batch, beta, gy, null, false),
                    Convolution.forward(g, pattern, abs(w), abs(x), batch, beta, abs(gy), null, false),
                    g.cols() + 2);
            Close.check(
                    "gx",
                    rig.read(gx),
                    Convolution.inputGradient(g, pattern, w, gy, batch, beta, x, null),
                    Convolution.inputGradient(g, pattern, abs(w), abs(gy), batch, beta, abs(x), null),
                    reached(g) + 2);
            Close.check(
                    "gw",
                    rig.read(gw),
                    Convolution.weightGradient(g, pattern, x, gy, batch, beta, w),
                    Convolution.weightGradient(g, pattern, abs(x), abs(gy), batch, beta, abs(w)),
                    plane(g) * batch + 2);
        });
    }
}
