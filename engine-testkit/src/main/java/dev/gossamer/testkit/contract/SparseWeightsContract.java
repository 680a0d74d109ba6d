package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Numbers;
import dev.gossamer.testkit.reference.Compression;
import dev.gossamer.testkit.reference.Convolution;
import dev.gossamer.testkit.reference.Relu;
import org.junit.jupiter.api.Test;

/** Products with the largest of all weights: which these are, and that products are those of a pattern of them. */
public abstract class SparseWeightsContract extends BackendContract {

    private static final Integer[] BATCHES = {1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 100};

    private static long keep(Case c, long size) {
        return c.note(
                "keep",
                switch (c.random().nextInt(6)) {
                    case 0 -> 0L;
                    case 1 -> size;
                    case 2 -> Math.min(size, 1);
                    default -> c.random().nextLong(size + 1);
                });
    }

    private static Geometry geometry(Case c, int batch) {
        int plane = c.pick("plane", 1, 3, 4, 7);
        int kernel = c.pick("kernel", 1, 3, 3, plane);
        int stride = c.pick("stride", 1, 1, 2, 3);
        int padding = kernel == plane ? 0 : c.pick("padding", kernel / 2, kernel / 2, kernel / 2 + 3);
        Geometry one = new Geometry(1, plane, plane, 1, kernel, kernel, stride, padding);
        long each = one.size() * ProductContract.plane(one) * batch;
        int[] channels = c.sizes("out, in channels", 2, Math.clamp(200_000 / each, 1, 3_000));
        return c.note(
                "geometry", new Geometry(channels[1], plane, plane, channels[0], kernel, kernel, stride, padding));
    }

    private static SparsityPattern full(Geometry geometry) {
        return SparsityPattern.full(geometry.rows(), geometry.cols());
    }

    /** A product's operands and what it should give. */
    private static final class Layer {

        private final Case c;
        private final Rig rig;
        private final int batch;
        private final Geometry geometry;
        private final float[] x;
        private final float[] gy;
        private final boolean relu;
        private final float beta;
        private final int beyond;
        private final Product product;

        Layer(Case c, Rig rig) {
            this.c = c;
            this.rig = rig;
            this.batch = c.turn("batch", BATCHES);
            this.geometry = geometry(c, batch);
            this.x = c.values(geometry.inShape(batch).size());
            this.gy = c.values(geometry.outShape(batch).size());
            this.relu = c.pick("relu", true, false);
            this.beta = c.beta();
            this.beyond = c.pick("beyond", 0, 0, 1, 16);
            this.product = rig.workspace().product(geometry);
        }

        /** Both products with the stored weights, against the oracle with these numbers, some of them 0. */
        void check(String what, SparseWeights weights, float[] numbers) {
            Shape in = geometry.inShape(batch);
            Shape out = geometry.outShape(batch);
            Tensor tx = rig.tensor(in, beyond, x);
            Tensor tgy = rig.tensor(out, beyond, gy);
            float[] oldY = c.values(out.size());
            float[] oldX = c.values(in.size());
            float[] bias = c.values(geometry.outChannels());
            Tensor y = rig.tensor(out, beyond, Rig.unread(beta, oldY));
            Tensor gx = rig.tensor(in, beyond, Rig.unread(beta, oldX));
            Values b = rig.vector(geometry.outChannels(), null, bias);
            Mask passed = relu ? rig.workspace().mask(out.withBatch(batch + beyond)) : null;

            product.forward(
                    weights, tx, beta, y, new Epilogue(b, relu ? Activation.RELU : Activation.IDENTITY, passed));
            product.inputGradient(weights, tgy, beta, gx, relu ? rig.mask(in, beyond, x) : null);

            SparsityPattern all = full(geometry);
            float size = Math.abs(beta);
            Close.check(
                    what + " y",
                    rig.read(y),
                    Convolution.forward(geometry, all, numbers, x, batch, beta, oldY, bias, relu),
                    Convolution.forward(geometry, all, abs(numbers), abs(x), batch, size, abs(oldY), abs(bias), false),
                    geometry.cols() + 3);
            boolean[] through = relu ? Relu.mask(x) : null;
            Close.check(
                    what + " gx",
                    rig.read(gx),
                    Convolution.inputGradient(geometry, all, numbers, gy, batch, beta, oldX, through),
                    Convolution.inputGradient(geometry, all, abs(numbers), abs(gy), batch, size, abs(oldX), null),
                    (long) geometry.outChannels() * geometry.kernelHeight() * geometry.kernelWidth() + 2);
        }
    }

    private static float[] weights(Case c, Geometry geometry) {
        return c.pick("ties", true, false, false) ? c.tiedValues(geometry.size()) : c.values(geometry.size());
    }

    @Test
    void multipliesByTheLargest() {
        cases("sparse weights", 110, (c, rig) -> {
            Layer layer = new Layer(c, rig);
            float[] w = weights(c, layer.geometry);
            long keep = keep(c, w.length);
            SparseWeights sparse =
                    rig.workspace().sparseWeights(layer.geometry, c.pick("room", keep, keep, (long) w.length));
            Values dense = rig.matrix(layer.geometry.rows(), layer.geometry.cols(), null, w);
            rig.workspace().select().compress(dense, keep, sparse);
            layer.check("first", sparse, Compression.top(w, keep));
            Close.sameBits("w afterwards", rig.read(dense), w);
        });
    }

    @Test
    void multipliesByThoseOfTheThresholdOfBefore() {
        cases("sparse weights again", 66, (c, rig) -> {
            Layer layer = new Layer(c, rig);
            float[] w = weights(c, layer.geometry);
            long keep = keep(c, w.length);
            long room = c.pick("room", keep, Math.min(w.length, keep + keep / 4), (long) w.length);
            SparseWeights sparse = rig.workspace().sparseWeights(layer.geometry, room);
            Values dense = rig.matrix(layer.geometry.rows(), layer.geometry.cols(), null, w);
            int bound = -1;
            if (c.pick("compressed before", true, true, true, false)) {
                rig.workspace().select().compress(dense, keep, sparse);
                bound = Compression.threshold(w, keep);
            }
            for (int again = 0; again < 3; again++) {
                for (int i = 0; i < w.length; i += 1 + again) {
                    w[i] = -0.75f * w[i] + 0.1f;
                }
                rig.upload(dense, w);
                rig.workspace().select().compressAgain(dense, keep, sparse);
                float[] kept = Compression.atLeast(w, bound);
                if (bound < 0 || Compression.count(kept) > room) {
                    kept = Compression.top(w, keep);
                    bound = Compression.threshold(w, keep);
                }
                layer.check("again " + again, sparse, kept);
            }
        });
    }

    /** The promise of products: one chain in ascending order, whatever holds the weights. */
    @Test
    void givesTheBitsOfAPatternOfTheLargest() {
        cases("sparse weights and a pattern", 44, (c, rig) -> {
            Layer layer = new Layer(c, rig);
            Geometry geometry = layer.geometry;
            float[] w = c.values(geometry.size());
            long keep = keep(c, w.length);
            float[] kept = Compression.top(w, keep);
            SparsityPattern pattern = SparsityPattern.fromMask(
                    geometry.rows(), geometry.cols(), (row, col) -> kept[row * geometry.cols() + col] != 0);
            float[] packed = new float[Math.toIntExact(pattern.nnz())];
            pattern.forEach((row, col, p) -> packed[p] = kept[row * geometry.cols() + col]);
            SparseWeights sparse = rig.workspace().sparseWeights(geometry, keep);
            rig.workspace().select().compress(rig.matrix(geometry.rows(), geometry.cols(), null, w), keep, sparse);
            Values same = rig.matrix(geometry.rows(), geometry.cols(), pattern, packed);
            Shape in = geometry.inShape(layer.batch);
            Shape out = geometry.outShape(layer.batch);
            Tensor tx = rig.tensor(in, 0, layer.x);
            Tensor tgy = rig.tensor(out, 0, layer.gy);
            Tensor[] ys = {rig.tensor(out, 0, nan(out.size())), rig.tensor(out, 0, nan(out.size()))};
            Tensor[] gxs = {rig.tensor(in, 0, nan(in.size())), rig.tensor(in, 0, nan(in.size()))};
            Epilogue none = new Epilogue(null, Activation.IDENTITY, null);
            layer.product.forward(sparse, tx, 0, ys[0], none);
            layer.product.forward(same, tx, 0, ys[1], none);
            layer.product.inputGradient(sparse, tgy, 0, gxs[0], null);
            layer.product.inputGradient(same, tgy, 0, gxs[1], null);
            if (exactChains()) {
                Close.sameBits("y", rig.read(ys[0]), rig.read(ys[1]));
                Close.sameBits("gx", rig.read(gxs[0]), rig.read(gxs[1]));
            } else {
                Close.check("y", rig.read(ys[0]), rig.read(ys[1]), abs(rig.read(ys[1])), geometry.cols() * 1000L);
                Close.check("gx", rig.read(gxs[0]), rig.read(gxs[1]), abs(rig.read(gxs[1])), geometry.size() * 1000L);
            }
        });
    }

    /** Whether products of all geometries are chains of fused multiply-adds; libraries may order sums as they like. */
    protected boolean exactChains() {
        return true;
    }

    /** A step that selects, multiplies and trains all: the selection follows the weights without the host. */
    @Test
    void followsTheWeightsInARecordedStep() {
        try (Rig rig = rig()) {
            Geometry geometry = new Geometry(2, 4, 4, 3, 3, 3, 1, 1);
            int size = Math.toIntExact(geometry.size());
            Space space = rig.space(geometry.rows(), geometry.cols(), null);
            float[] w = new float[size];
            float[] change = new float[size];
            for (int i = 0; i < size; i++) {
                w[i] = (i * 37 % size) - size / 2f;
                change[i] = (i * 11 % size) - size / 2f;
            }
            Values weights = rig.values(space, Role.THETA, w);
            Values gradient = rig.values(space, Role.GRADIENT, change);
            SparseWeights some = rig.workspace().sparseWeights(geometry, 13);
            float[] ones = Numbers.filled(geometry.inShape(5).size(), 1);
            Tensor x = rig.tensor(geometry.inShape(5), 0, ones);
            Tensor y =
                    rig.tensor(geometry.outShape(5), 0, nan(geometry.outShape(5).size()));
            Product product = rig.workspace().product(geometry);
            Epilogue none = new Epilogue(null, Activation.IDENTITY, null);
            Step step = rig.workspace().record(() -> {
                rig.workspace().select().compress(weights, 10, some);
                product.forward(some, x, 0, y, none);
                rig.workspace().dense().axpy(-1, gradient, weights);
            });
            SparsityPattern all = full(geometry);
            for (int run = 0; run < 4; run++) {
                step.run();
                float[] kept = Compression.top(w, 10);
                float[] old = new float[Math.toIntExact(geometry.outShape(5).size())];
                Close.check(
                        "y of run " + run,
                        rig.read(y),
                        Convolution.forward(geometry, all, kept, ones, 5, 0, old, null, false),
                        Convolution.forward(geometry, all, abs(kept), ones, 5, 0, old, null, false),
                        geometry.cols() + 2);
                for (int i = 0; i < size; i++) {
                    w[i] -= change[i];
                }
            }
        }
    }

    /** It does not wait, so that it cannot refuse. */
    @Test
    void keepsNanAboveAll() {
        try (Rig rig = rig()) {
            Geometry geometry = Geometry.linear(5, 1);
            SparseWeights two = rig.workspace().sparseWeights(geometry, 2);
            Values w = rig.matrix(1, 5, null, new float[] {1, Float.NEGATIVE_INFINITY, Float.NaN, 2, 3});
            rig.workspace().select().compress(w, 1, two);
            Tensor x = rig.tensor(geometry.inShape(1), 0, new float[] {1, 1, 1, 1, 1});
            Tensor y = rig.tensor(geometry.outShape(1), 0, new float[1]);
            rig.workspace().product(geometry).forward(two, x, 0, y, new Epilogue(null, Activation.IDENTITY, null));
            assertThat(rig.read(y)[0]).isNaN();
        }
    }

    @Test
    void holdsWhatItSays() {
        Geometry geometry = new Geometry(2, 3, 3, 4, 3, 3, 1, 1);
        long before = workspace().allocatedBytes();
        SparseWeights weights = workspace().sparseWeights(geometry, 20);
        assertThat(weights.geometry()).isEqualTo(geometry);
        assertThat(weights.capacity()).isEqualTo(20);
        assertThat(weights.sizeBytes()).isPositive();
        assertThat(workspace().allocatedBytes()).isGreaterThan(before);
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Rig rig = rig()) {
            Geometry geometry = Geometry.linear(5, 3);
            SparseWeights weights = rig.workspace().sparseWeights(geometry, 4);
            Values dense = rig.matrix(3, 5, null, new float[15]);
            Values other = rig.matrix(5, 3, null, new float[15]);
            Values sparse = rig.matrix(3, 5, SparsityPattern.full(3, 5), new float[15]);
            Product product = rig.workspace().product(Geometry.linear(3, 5));
            Tensor x = rig.tensor(Shape.of(3, 2), 0, new float[6]);
            Tensor y = rig.tensor(Shape.of(5, 2), 0, new float[10]);
            Epilogue none = new Epilogue(null, Activation.IDENTITY, null);
            assertThatThrownBy(() -> rig.workspace().sparseWeights(geometry, 16))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> rig.workspace().select().compress(dense, 5, weights))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("keep");
            assertThatThrownBy(() -> rig.workspace().select().compress(other, 4, weights))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> rig.workspace().select().compressAgain(sparse, 4, weights))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dense");
            assertThatThrownBy(() -> product.forward(weights, x, 0, y, none))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("product");
            assertThatThrownBy(() -> product.inputGradient(weights, y, 0, x, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("product");
        }
    }
}
