package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Numbers;
import dev.gossamer.testkit.reference.Compression;
import dev.gossamer.testkit.reference.Convolution;
import org.junit.jupiter.api.Test;

/** {@code compress} and the weight gradient from what it keeps. */
public abstract class SparseActivationContract extends BackendContract {

    private static final Integer[] BATCHES = {1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 100};

    private static long keep(Case c, long size) {
        return c.note(
                "keep",
                switch (c.random().nextInt(5)) {
                    case 0 -> 0L;
                    case 1 -> size;
                    case 2 -> Math.min(size, 1);
                    default -> c.random().nextLong(size + 1);
                });
    }

    /** Room for what is kept, or more, and for the batch, or more. */
    private static SparseTensor room(Case c, Rig rig, Shape shape, long keep) {
        Shape whole = shape.withBatch(shape.batch() + c.pick("batch's room", 0, 0, 3));
        return rig.workspace().sparseTensor(whole, c.pick("room", keep, keep, whole.size()));
    }

    /** What is stored is opaque; with the unit matrix as gy, the weight gradient of a linear layer is the tensor itself. */
    private static float[] stored(Rig rig, SparseTensor x, Shape shape) {
        int batch = shape.batch();
        int features = shape.features();
        Geometry geometry = Geometry.linear(shape, batch);
        float[] unit = new float[batch * batch];
        for (int j = 0; j < batch; j++) {
            unit[j * batch + j] = 1;
        }
        Values gw = rig.matrix(batch, features, null, nan((long) batch * features));
        rig.workspace().product(geometry).weightGradient(x, rig.tensor(geometry.outShape(batch), 0, unit), 0, gw);
        float[] transposed = rig.read(gw);
        float[] numbers = new float[transposed.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = transposed[i % batch * features + i / batch];
        }
        return numbers;
    }

    @Test
    void keepsExactlyTheLargest() {
        cases("compress", 66, (c, rig) -> {
            int batch = c.turn("batch", BATCHES);
            int features = c.size("features", 65);
            Shape shape =
                    c.pick("plane", true, false) ? new Shape(1 + features / 6, 2, 3, batch) : Shape.of(features, batch);
            float[] x = c.pick("ties", true, false) ? c.tiedValues(shape.size()) : c.values(shape.size());
            long keep = keep(c, x.length);
            SparseTensor compressed = room(c, rig, shape, keep);
            Tensor tx = rig.tensor(shape, c.pick("beyond", 0, 0, 1, 16), x);

            rig.workspace().select().compress(tx, keep, compressed);

            Close.same("stored", stored(rig, compressed, shape), Compression.top(x, keep));
            Close.sameBits("x afterwards", rig.read(tx), x);
        });
    }

    /** Room is used again: for fewer elements, of a smaller batch. */
    @Test
    void forgetsWhatItHeldBefore() {
        cases("compress again", 12, (c, rig) -> {
            Shape large = new Shape(3, 2, 2, 33);
            SparseTensor compressed = rig.workspace().sparseTensor(large, large.size());
            float[] first = c.values(large.size());
            rig.workspace().select().compress(rig.tensor(large, 0, first), large.size(), compressed);
            Close.same("stored first", stored(rig, compressed, large), first);
            Shape small = large.withBatch(c.turn("batch", 1, 16, 17, 32, 33));
            float[] x = c.values(small.size());
            long keep = c.pick("nothing", true, false) ? 0 : keep(c, x.length);
            rig.workspace().select().compress(rig.tensor(small, 0, x), keep, compressed);
            Close.same("stored then", stored(rig, compressed, small), Compression.top(x, keep));
        });
    }

    @Test
    void givesTheWeightGradientOfWhatIsKept() {
        cases("weight gradient of a sparse activation", 88, (c, rig) -> {
            int batch = c.turn("batch", BATCHES);
            Geometry geometry = geometry(c, batch);
            float beta = c.beta();
            boolean dense = c.pick("dense", true, false, false);
            SparsityPattern pattern = dense
                    ? SparsityPattern.full(geometry.rows(), geometry.cols())
                    : c.pattern(geometry.rows(), geometry.cols());
            float[] x = c.values(geometry.inShape(batch).size());
            float[] gy = c.values(geometry.outShape(batch).size());
            float[] old = c.values(pattern.nnz());
            long keep = keep(c, x.length);
            int beyond = c.pick("beyond", 0, 0, 1, 16);
            SparseTensor compressed = room(c, rig, geometry.inShape(batch), keep);
            Tensor tx = rig.tensor(geometry.inShape(batch), beyond, x);
            Tensor tgy = rig.tensor(geometry.outShape(batch), beyond, gy);
            Values gw = rig.matrix(geometry.rows(), geometry.cols(), dense ? null : pattern, Rig.unread(beta, old));

            rig.workspace().select().compress(tx, keep, compressed);
            rig.workspace().product(geometry).weightGradient(compressed, tgy, beta, gw);

            float[] kept = Compression.top(x, keep);
            Close.check(
                    "gw",
                    rig.read(gw),
                    Convolution.weightGradient(geometry, pattern, kept, gy, batch, beta, old),
                    Convolution.weightGradient(geometry, pattern, abs(kept), abs(gy), batch, Math.abs(beta), abs(old)),
                    ProductContract.plane(geometry) * batch + 2);
            Close.sameBits("gy afterwards", rig.read(tgy), gy);
        });
    }

    /** By the threshold of before, of whatever batch that was, as long as there is room. */
    @Test
    void keepsByTheThresholdOfBefore() {
        cases("compress again by the threshold", 66, (c, rig) -> {
            Shape large = c.pick("plane", true, false)
                    ? new Shape(1 + c.size("channels", 9), 2, 3, 33)
                    : Shape.of(1 + c.size("features", 40), 33);
            float[] first = c.pick("ties", true, false) ? c.tiedValues(large.size()) : c.values(large.size());
            long keep = keep(c, first.length);
            long room = c.pick("room", keep, Math.min(large.size(), keep + keep / 4), large.size());
            SparseTensor compressed = rig.workspace().sparseTensor(large, room);
            int bound = -1;
            if (c.pick("compressed before", true, true, true, false)) {
                rig.workspace().select().compress(rig.tensor(large, 0, first), keep, compressed);
                bound = Compression.threshold(first, keep);
            }
            for (int again = 0; again < 3; again++) {
                Shape shape = large.withBatch(c.turn("batch", 33, 16, 17, 1, 33));
                float[] x = c.values(shape.size());
                long part = Math.min(keep, shape.size());
                Tensor tx = rig.tensor(shape, c.pick("beyond", 0, 0, 1, 16), x);
                rig.workspace().select().compressAgain(tx, part, compressed);
                float[] kept = Compression.atLeast(x, bound);
                if (bound < 0 || Compression.count(kept) > room) {
                    kept = Compression.top(x, part);
                    bound = Compression.threshold(x, part);
                }
                Close.same("stored " + again, stored(rig, compressed, shape), kept);
            }
        });
    }

    private static Geometry geometry(Case c, int batch) {
        int plane = c.pick("plane", 1, 3, 4, 7);
        int kernel = c.pick("kernel", 1, 3, 3);
        int stride = c.pick("stride", 1, 1, 2);
        int padding = c.pick("padding", kernel / 2, kernel / 2, kernel / 2 + 3);
        Geometry one = new Geometry(1, plane, plane, 1, kernel, kernel, stride, padding);
        long each = one.size() * ProductContract.plane(one) * batch;
        int[] channels = c.sizes("out, in channels", 2, Math.clamp(200_000 / each, 1, 3_000));
        return c.note(
                "geometry", new Geometry(channels[1], plane, plane, channels[0], kernel, kernel, stride, padding));
    }

    @Test
    void givesTheDenseWeightGradientWhereAllIsKept() {
        cases("all kept", 12, (c, rig) -> {
            int batch = c.turn("batch", 1, 16, 17, 33);
            Geometry geometry = geometry(c, batch);
            float[] x = c.values(geometry.inShape(batch).size());
            float[] gy = c.values(geometry.outShape(batch).size());
            SparsityPattern full = SparsityPattern.full(geometry.rows(), geometry.cols());
            Values fromSparse = rig.matrix(geometry.rows(), geometry.cols(), null, nan(full.nnz()));
            Values fromDense = rig.matrix(geometry.rows(), geometry.cols(), null, nan(full.nnz()));
            Tensor tx = rig.tensor(geometry.inShape(batch), 0, x);
            Tensor tgy = rig.tensor(geometry.outShape(batch), 0, gy);
            SparseTensor all = rig.workspace().sparseTensor(geometry.inShape(batch), x.length);
            Product product = rig.workspace().product(geometry);
            rig.workspace().select().compress(tx, x.length, all);
            product.weightGradient(all, tgy, 0, fromSparse);
            product.weightGradient(tx, tgy, 0, fromDense);
            float[] magnitudes = Convolution.weightGradient(
                    geometry, full, abs(x), abs(gy), batch, 0, new float[Math.toIntExact(full.nnz())]);
            long terms = ProductContract.plane(geometry) * batch + 2;
            Close.check("gw", rig.read(fromSparse), rig.read(fromDense), magnitudes, terms);
        });
    }

    /** It does not wait, so that it cannot refuse: a step that went wrong must not look right. */
    @Test
    void keepsNanAboveAll() {
        try (Rig rig = rig()) {
            Shape shape = Shape.of(5, 1);
            float[] x = {1, Float.NEGATIVE_INFINITY, Float.NaN, 2, Float.intBitsToFloat(0xffc0_0000)};
            SparseTensor two = rig.workspace().sparseTensor(shape, 3);
            rig.workspace().select().compress(rig.tensor(shape, 0, x), 2, two);
            float[] nans = {0, 0, Float.NaN, 0, Float.NaN};
            Close.same("the two largest", stored(rig, two, shape), nans);
            rig.workspace().select().compress(rig.tensor(shape, 0, x), 3, two);
            nans[1] = Float.NEGATIVE_INFINITY;
            Close.same("the three largest", stored(rig, two, shape), nans);
        }
    }

    @Test
    void compressesInARecordedStep() {
        try (Rig rig = rig()) {
            Shape shape = new Shape(2, 2, 2, 17);
            int size = Math.toIntExact(shape.size());
            Geometry geometry = Geometry.linear(shape, 3);
            SparseTensor some = rig.workspace().sparseTensor(shape, 40);
            Tensor x = rig.tensor(shape, 0, new float[size]);
            float[] gy = Numbers.filled(3 * 17L, 0.5f);
            Tensor tgy = rig.tensor(geometry.outShape(17), 0, gy);
            Values gw = rig.matrix(3, shape.features(), null, nan(3L * shape.features()));
            Product product = rig.workspace().product(geometry);
            Step step = rig.workspace().record(() -> {
                rig.workspace().select().compress(x, 40, some);
                product.weightGradient(some, tgy, 0, gw);
            });
            SparsityPattern full = SparsityPattern.full(3, shape.features());
            for (int run = 1; run < 4; run++) {
                float[] numbers = new float[size];
                for (int i = 0; i < size; i++) {
                    numbers[i] = i * 37 * run % size - size / 2f;
                }
                rig.upload(x, numbers);
                step.run();
                float[] kept = Compression.top(numbers, 40);
                float[] none = new float[3 * shape.features()];
                Close.check(
                        "gw of run " + run,
                        rig.read(gw),
                        Convolution.weightGradient(geometry, full, kept, gy, 17, 0, none),
                        Convolution.weightGradient(geometry, full, abs(kept), gy, 17, 0, none),
                        19);
            }
        }
    }

    @Test
    void holdsWhatItSays() {
        Shape shape = new Shape(2, 3, 3, 8);
        long before = workspace().allocatedBytes();
        SparseTensor x = workspace().sparseTensor(shape, 20);
        assertThat(x.shape()).isEqualTo(shape);
        assertThat(x.capacity()).isEqualTo(20);
        assertThat(x.sizeBytes()).isBetween(1L, workspace().allocatedBytes() - before);
    }
}
