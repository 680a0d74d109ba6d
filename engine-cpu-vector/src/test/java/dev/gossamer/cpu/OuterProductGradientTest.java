package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A weight's gradient has the bits of one scalar FMA chain over the elements of its input channel in ascending (block of the
 * batch, row, column, image), whether all of them are there or those that are not zero are stored: at every vector width, number
 * of threads, and height of a band.
 */
class OuterProductGradientTest {

    private static final double ALL = 1;

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                Arguments.of("3x3", new Geometry(5, 6, 7, 33, 3, 3, 1, 1), 17, 0.1, 0f, 1),
                Arguments.of("3x3, all stored", new Geometry(3, 4, 4, 64, 3, 3, 1, 1), 32, 1, -0.5f, 3),
                Arguments.of("without padding", new Geometry(4, 5, 6, 20, 3, 3, 1, 0), 16, 0.3, 0f, 1),
                Arguments.of("wide padding", new Geometry(4, 3, 5, 20, 3, 3, 1, 3), 3, 0.3, 1f, 1),
                Arguments.of("a plane of one", new Geometry(9, 1, 1, 10, 3, 3, 1, 1), 33, 0.4, 0f, 1),
                Arguments.of("stride 2", new Geometry(6, 9, 8, 40, 3, 3, 2, 1), 16, 0.2, 0f, 2),
                Arguments.of("stride 2 without padding", new Geometry(6, 8, 9, 40, 3, 3, 2, 0), 65, 0.2, 2f, 1),
                Arguments.of("stride 3", new Geometry(4, 8, 10, 17, 3, 3, 3, 2), 20, 0.3, 0f, 1),
                Arguments.of("1x1", new Geometry(20, 4, 3, 130, 1, 1, 1, 0), 32, 0.1, 0f, 3),
                Arguments.of("1x1, few channels", new Geometry(7, 4, 3, 5, 1, 1, 1, 0), 1, 0.5, 0f, 1),
                Arguments.of("1x1, padded", new Geometry(7, 4, 3, 30, 1, 1, 1, 2), 18, 0.5, -1f, 1),
                Arguments.of("1x1, stride 2", new Geometry(20, 5, 6, 70, 1, 1, 2, 0), 32, 0.2, 0f, 2),
                Arguments.of("bands of a row", new Geometry(2, 40, 40, 35, 3, 3, 1, 1), 64, 0.1, 0f, 1),
                Arguments.of("bands of stride 2", new Geometry(2, 70, 70, 35, 3, 3, 2, 1), 64, 0.1, 0f, 1),
                Arguments.of("bands of 1x1", new Geometry(2, 40, 40, 16, 1, 1, 1, 0), 64, 0.1, 0f, 1),
                Arguments.of("groups of channels", new Geometry(240, 2, 2, 40, 3, 3, 1, 1), 16, 0.1, 0f, 3),
                Arguments.of("5x5, one channel", new Geometry(1, 9, 8, 35, 5, 5, 1, 2), 33, 0.3, 0f, 1),
                Arguments.of("2x3", new Geometry(6, 5, 7, 33, 2, 3, 1, 1), 17, 0.3, 1f, 2),
                Arguments.of("7x7, stride 2", new Geometry(3, 11, 12, 33, 7, 7, 2, 3), 17, 0.3, 0f, 3),
                Arguments.of("many channels", new Geometry(23, 6, 6, 70, 3, 3, 1, 1), 32, 0.3, 0.5f, 2),
                Arguments.of("nothing stored", new Geometry(3, 4, 4, 8, 3, 3, 1, 1), 16, 0, 0f, 1),
                Arguments.of("an empty batch", new Geometry(3, 4, 4, 8, 3, 3, 1, 1), 0, 0.5, 0.5f, 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void isOneChain(String name, Geometry g, int batch, double density, float beta, int threads) {
        for (int panel : new int[] {16, 64}) {
            TuningTable tuning = new TuningTable(Map.of(
                    "panel.columns", (double) panel,
                    "outer.product.density", ALL,
                    "whole.gradient.density", 0.0,
                    "convolution.masked.density", 1.0,
                    "parallel.flops", 0.0));
            try (Backend backend = CpuBackend.open(new BackendOptions(threads, tuning));
                    Workspace workspace = backend.workspace(threads)) {
                SplittableRandom random = new SplittableRandom(batch * 31L + panel);
                int room = Math.max(1, batch);
                float[] x = numbers(random, Math.toIntExact(g.inShape(room).size()), density);
                float[] gy = numbers(random, Math.toIntExact(g.outShape(room).size()), ALL);
                float[] old = numbers(random, Math.toIntExact(g.size()), ALL);
                Space space = workspace.space(g);
                Values gw = workspace.values(space, Role.GRADIENT);
                workspace.upload(MemorySegment.ofArray(old), gw);
                Tensor tx = workspace.tensor(g.inShape(room), Layout.NATIVE);
                Tensor tgy = workspace.tensor(g.outShape(room), Layout.NATIVE);
                workspace.upload(MemorySegment.ofArray(x), tx);
                workspace.upload(MemorySegment.ofArray(gy), tgy);
                float[] expected = chains(g, batch, new CpuTuning(tuning).block(room), x, gy, beta, old);
                Product product = workspace.product(g);

                product.weightGradient(workspace.view(tx, batch), workspace.view(tgy, batch), beta, gw);

                float[] got = new float[old.length];
                workspace.download(gw, MemorySegment.ofArray(got));
                Close.sameBits("all elements, panel " + panel, got, expected);

                SparseTensor stored = workspace.sparseTensor(g.inShape(room), x.length);
                workspace.select().compress(workspace.view(tx, batch), (long) x.length / room * batch, stored);
                workspace.upload(MemorySegment.ofArray(old), gw);
                product.weightGradient(stored, workspace.view(tgy, batch), beta, gw);

                workspace.download(gw, MemorySegment.ofArray(got));
                Close.sameBits("stored elements, panel " + panel, got, expected);

                SparsityPattern third = everyThird(g);
                workspace.upload(MemorySegment.ofArray(old), gw);
                workspace.repattern(space, third);
                product.weightGradient(workspace.view(tx, batch), workspace.view(tgy, batch), beta, gw);

                float[] packed = new float[Math.toIntExact(third.nnz())];
                workspace.download(gw, MemorySegment.ofArray(packed));
                float[] kept = new float[packed.length];
                for (int i = 0; i < kept.length; i++) {
                    kept[i] = expected[3 * i];
                }
                Close.sameBits("packed weights, panel " + panel, packed, kept);
            }
        }
    }

    private static SparsityPattern everyThird(Geometry g) {
        long[] bits = new long[Math.toIntExact((g.size() + 63) / 64)];
        for (int i = 0; i < g.size(); i += 3) {
            bits[i / 64] |= 1L << i;
        }
        return SparsityPattern.fromBits(g.rows(), g.cols(), bits);
    }

    private static float[] numbers(SplittableRandom random, int count, double density) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextDouble() < density ? (float) random.nextDouble(-1, 1) : 0;
        }
        return numbers;
    }

    private static float[] chains(Geometry g, int batch, int block, float[] x, float[] gy, float beta, float[] old) {
        float[] gw = new float[old.length];
        for (int first = 0; first < batch; first += block) {
            int end = Math.min(batch, first + block);
            for (int c = 0; c < g.inChannels(); c++) {
                for (int position = 0; position < g.inHeight() * g.inWidth(); position++) {
                    for (int image = first; image < end; image++) {
                        float element = x[(c * g.inHeight() * g.inWidth() + position) * batch + image];
                        if (element != 0) {
                            add(g, batch, c, position, image, element, gy, gw);
                        }
                    }
                }
            }
        }
        for (int i = 0; i < gw.length && beta != 0; i++) {
            gw[i] = Math.fma(old[i], beta, gw[i]);
        }
        return gw;
    }

    private static void add(
            Geometry g, int batch, int c, int position, int image, float element, float[] gy, float[] gw) {
        for (int tap = 0; tap < g.kernelHeight() * g.kernelWidth(); tap++) {
            int down = position / g.inWidth() + g.padding() - tap / g.kernelWidth();
            int right = position % g.inWidth() + g.padding() - tap % g.kernelWidth();
            int row = down / g.stride();
            int col = right / g.stride();
            if (down < 0 || right < 0 || down % g.stride() != 0 || right % g.stride() != 0) {
                continue;
            }
            if (row >= g.outHeight() || col >= g.outWidth()) {
                continue;
            }
            for (int k = 0; k < g.outChannels(); k++) {
                int weight = (k * g.inChannels() + c) * g.kernelHeight() * g.kernelWidth() + tap;
                float gradient = gy[((k * g.outHeight() + row) * g.outWidth() + col) * batch + image];
                gw[weight] = Math.fma(element, gradient, gw[weight]);
            }
        }
    }
}
