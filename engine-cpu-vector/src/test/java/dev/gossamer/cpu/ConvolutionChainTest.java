package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A convolution forward and its input's gradient have the bits of one scalar FMA chain per output, over the channels that are
 * summed and the taps that lead into the plane in ascending order: from weights that are dense, dense-masked and packed, at every
 * vector width, number of threads and block of the batch, in the middle of a plane and at its rim.
 */
class ConvolutionChainTest {

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                Arguments.of("3x3", new Geometry(5, 6, 7, 33, 3, 3, 1, 1), 17, 0f, 1),
                Arguments.of("a plane of one", new Geometry(9, 1, 1, 10, 3, 3, 1, 1), 33, 0f, 1),
                Arguments.of("a plane of two", new Geometry(80, 2, 2, 43, 3, 3, 1, 1), 32, 0.7f, 2),
                Arguments.of("a plane of two, one image", new Geometry(80, 2, 2, 43, 3, 3, 1, 1), 1, 0f, 1),
                Arguments.of("a plane of four", new Geometry(150, 4, 4, 64, 3, 3, 1, 1), 32, 0f, 3),
                Arguments.of("a plane of four, added", new Geometry(50, 4, 4, 20, 3, 3, 1, 1), 64, 0.7f, 1),
                Arguments.of("one row", new Geometry(40, 1, 9, 20, 3, 3, 1, 1), 16, 1f, 1),
                Arguments.of("one column", new Geometry(40, 9, 1, 20, 3, 3, 1, 1), 16, 1f, 1),
                Arguments.of("three vectors to a position", new Geometry(12, 3, 3, 21, 3, 3, 1, 1), 48, 0f, 1),
                Arguments.of("without padding", new Geometry(4, 5, 6, 20, 3, 3, 1, 0), 16, 0f, 1),
                Arguments.of("wide padding", new Geometry(4, 3, 5, 20, 3, 3, 1, 3), 3, 1f, 1),
                Arguments.of("nothing but padding", new Geometry(4, 1, 1, 20, 2, 2, 1, 3), 32, 0.5f, 1),
                Arguments.of("stride 2", new Geometry(6, 9, 8, 40, 3, 3, 2, 1), 32, 0f, 2),
                Arguments.of("stride 2 to a plane of two", new Geometry(40, 4, 4, 35, 3, 3, 2, 1), 65, 2f, 1),
                Arguments.of("stride 3", new Geometry(4, 8, 10, 17, 3, 3, 3, 2), 20, 0f, 1),
                Arguments.of("1x1", new Geometry(300, 2, 3, 30, 1, 1, 1, 0), 32, 0f, 3),
                Arguments.of("1x1, stride 2", new Geometry(20, 5, 6, 70, 1, 1, 2, 0), 32, 0f, 2),
                Arguments.of("1x1, padded", new Geometry(7, 4, 3, 30, 1, 1, 1, 2), 18, -1f, 1),
                Arguments.of("2x3", new Geometry(6, 5, 7, 33, 2, 3, 1, 1), 17, 1f, 2),
                Arguments.of("5x5 of 3x3", new Geometry(30, 3, 3, 12, 5, 5, 1, 2), 32, 0f, 1),
                Arguments.of("7x7, stride 2", new Geometry(3, 11, 12, 33, 7, 7, 2, 3), 17, 0f, 3),
                Arguments.of("9x9", new Geometry(5, 4, 5, 9, 9, 9, 1, 4), 32, 0f, 1),
                Arguments.of("19x19, a panel for each channel", new Geometry(3, 4, 5, 9, 19, 19, 1, 9), 32, 0f, 1));
    }

    /** How weights are stored, by the density above which a pattern is dense-masked. */
    private enum Storage {
        DENSE,
        DENSE_MASKED,
        PACKED
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void isOneChain(String name, Geometry g, int batch, float beta, int threads) {
        for (int panel : new int[] {16, 64}) {
            for (Storage storage : Storage.values()) {
                TuningTable tuning = new TuningTable(Map.of(
                        "panel.columns",
                        (double) panel,
                        "convolution.masked.density",
                        storage == Storage.PACKED ? 1.0 : 0.0,
                        "parallel.flops",
                        0.0));
                try (Backend backend = CpuBackend.open(new BackendOptions(threads, tuning));
                        Workspace workspace = backend.workspace(threads)) {
                    check(workspace, g, batch, beta, storage, storage + ", panel " + panel);
                }
            }
        }
    }

    private static void check(
            Workspace workspace, Geometry g, int batch, float beta, Storage storage, String description) {
        SplittableRandom random = new SplittableRandom(g.size() + batch);
        boolean[] kept = new boolean[Math.toIntExact(g.size())];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = storage == Storage.DENSE || random.nextInt(3) == 0;
        }
        float[] w = numbers(random, g.size());
        float[] x = numbers(random, g.inShape(batch).size());
        float[] y = numbers(random, g.outShape(batch).size());
        Space space = workspace.space(g);
        if (storage != Storage.DENSE) {
            workspace.repattern(space, pattern(g, kept));
        }
        Values weights = workspace.values(space, Role.THETA);
        workspace.upload(MemorySegment.ofArray(those(w, kept)), weights);
        Tensor tx = tensor(workspace, g.inShape(batch), x);
        Tensor ty = tensor(workspace, g.outShape(batch), y);
        Product product = workspace.product(g);

        product.forward(weights, tx, beta, ty, Epilogue.NONE);

        Close.sameBits("forward, " + description, download(workspace, ty), forward(g, batch, w, kept, x, beta, y));
        workspace.upload(MemorySegment.ofArray(y), ty);

        product.inputGradient(weights, ty, beta, tx, null);

        Close.sameBits(
                "input gradient, " + description,
                download(workspace, tx),
                inputGradient(g, batch, w, kept, y, beta, x));
    }

    private static float[] forward(
            Geometry g, int batch, float[] w, boolean[] kept, float[] x, float beta, float[] old) {
        float[] y = scaled(old, beta);
        for (int out = 0; out < g.outChannels(); out++) {
            for (int row = 0; row < g.outHeight(); row++) {
                for (int col = 0; col < g.outWidth(); col++) {
                    int to = ((out * g.outHeight() + row) * g.outWidth() + col) * batch;
                    for (int k = 0; k < g.cols(); k++) {
                        int from = input(g, k, row, col) * batch;
                        if (from >= 0 && kept[out * g.cols() + k]) {
                            add(w[out * g.cols() + k], x, from, y, to, batch);
                        }
                    }
                }
            }
        }
        return y;
    }

    private static float[] inputGradient(
            Geometry g, int batch, float[] w, boolean[] kept, float[] gy, float beta, float[] old) {
        float[] gx = scaled(old, beta);
        int kernel = g.kernelHeight() * g.kernelWidth();
        for (int out = 0; out < g.outChannels(); out++) {
            for (int tap = 0; tap < kernel; tap++) {
                for (int in = 0; in < g.inChannels(); in++) {
                    int k = in * kernel + tap;
                    for (int position = 0; position < g.outHeight() * g.outWidth(); position++) {
                        int to = input(g, k, position / g.outWidth(), position % g.outWidth()) * batch;
                        if (to >= 0 && kept[out * g.cols() + k]) {
                            int from = (out * g.outHeight() * g.outWidth() + position) * batch;
                            add(w[out * g.cols() + k], gy, from, gx, to, batch);
                        }
                    }
                }
            }
        }
        return gx;
    }

    /** The input's number that a weight of a row meets at an output position; negative beside the plane. */
    private static int input(Geometry g, int k, int row, int col) {
        int kernel = g.kernelHeight() * g.kernelWidth();
        int y = row * g.stride() + k % kernel / g.kernelWidth() - g.padding();
        int x = col * g.stride() + k % kernel % g.kernelWidth() - g.padding();
        boolean inside = y >= 0 && y < g.inHeight() && x >= 0 && x < g.inWidth();
        return inside ? (k / kernel * g.inHeight() + y) * g.inWidth() + x : -1;
    }

    private static void add(float weight, float[] from, int at, float[] to, int place, int batch) {
        for (int image = 0; image < batch; image++) {
            to[place + image] = Math.fma(weight, from[at + image], to[place + image]);
        }
    }

    private static float[] scaled(float[] old, float beta) {
        float[] scaled = new float[old.length];
        for (int i = 0; i < old.length && beta != 0; i++) {
            scaled[i] = old[i] * beta;
        }
        return scaled;
    }

    private static SparsityPattern pattern(Geometry g, boolean[] kept) {
        return SparsityPattern.fromMask(g.rows(), g.cols(), (row, col) -> kept[row * g.cols() + col]);
    }

    private static float[] those(float[] all, boolean[] kept) {
        float[] those = new float[all.length];
        int count = 0;
        for (int i = 0; i < all.length; i++) {
            if (kept[i]) {
                those[count++] = all[i];
            }
        }
        return Arrays.copyOf(those, count);
    }

    private static Tensor tensor(Workspace workspace, Shape shape, float[] numbers) {
        Tensor tensor = workspace.tensor(shape, Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(numbers), tensor);
        return tensor;
    }

    private static float[] download(Workspace workspace, Tensor tensor) {
        float[] numbers = new float[Math.toIntExact(tensor.shape().size())];
        workspace.download(tensor, MemorySegment.ofArray(numbers));
        return numbers;
    }

    private static float[] numbers(SplittableRandom random, long count) {
        float[] numbers = new float[Math.toIntExact(count)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        return numbers;
    }
}
