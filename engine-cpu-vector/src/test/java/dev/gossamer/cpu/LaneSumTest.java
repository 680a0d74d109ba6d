package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
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
import dev.gossamer.engine.check.CheckedBackend;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Weight and bias gradients of a packed layer have the bits of the documented scheme, written here in scalars: 16 lanes per
 * block of 64 columns, two whole blocks added lane by lane where weights have them, a tree, these sums in order. So they too are the same at every vector width and number of threads.
 */
class LaneSumTest {

    private static final int OUT = 23;
    private static final int IN = 200;

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "16, 2", "32, 3", "33, 1", "64, 2", "100, 3", "128, 2", "129, 3", "200, 1", "300, 2"})
    void gradientsAreLaneSums(int batch, int threads) {
        TuningTable tuning = new TuningTable(Map.of("masked.density", 1.0, "parallel.flops", 0.0));
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(threads, tuning)));
                Workspace workspace = backend.workspace(threads)) {
            SplittableRandom random = new SplittableRandom(batch);
            SparsityPattern pattern = SparsityPattern.fromMask(
                    OUT, IN, (row, col) -> row == 3 || new SplittableRandom(row * 1000L + col).nextInt(10) == 0);
            float[] x = floats(random, IN * batch);
            float[] gy = floats(random, OUT * batch);
            Geometry geometry = Geometry.linear(IN, OUT);
            Space weights = workspace.space(geometry);
            workspace.repattern(weights, pattern);
            Values gw = workspace.values(weights, Role.GRADIENT);
            Values gb = workspace.values(workspace.space(OUT), Role.GRADIENT);
            Tensor in = tensor(workspace, IN, batch, x);
            Tensor out = tensor(workspace, OUT, batch, gy);
            Product product = workspace.product(geometry);
            product.weightGradient(in, out, 0, gw);
            product.biasGradient(out, 0, gb);

            float[] wantWeights = new float[(int) pattern.nnz()];
            float[] wantBias = new float[OUT];
            float[] ones = new float[batch];
            java.util.Arrays.fill(ones, 1f);
            for (int row = 0; row < OUT; row++) {
                wantBias[row] = laneSum(gy, row * batch, ones, 0, batch, 64);
                for (int p = pattern.rowStart(row); p < pattern.rowEnd(row); p++) {
                    wantWeights[p] = laneSum(gy, row * batch, x, pattern.col(p) * batch, batch, 128);
                }
            }
            assertThat(download(workspace, gw)).containsExactly(wantWeights);
            assertThat(download(workspace, gb)).containsExactly(wantBias);
        }
    }

    /** Up to {@code whole} columns, where there are as many, share a tree. */
    private static float laneSum(float[] a, int aAt, float[] b, int bAt, int batch, int whole) {
        float total = 0;
        int columns;
        for (int from = 0; from < batch; from += columns) {
            columns = batch - from >= whole ? whole : Math.min(64, batch - from);
            float[] lanes = lanes(a, aAt + from, b, bAt + from, Math.min(64, columns));
            if (columns > 64) {
                float[] more = lanes(a, aAt + from + 64, b, bAt + from + 64, columns - 64);
                for (int lane = 0; lane < 16; lane++) {
                    lanes[lane] += more[lane];
                }
            }
            for (int half = 8; half >= 1; half /= 2) {
                for (int lane = 0; lane < half; lane++) {
                    lanes[lane] += lanes[lane + half];
                }
            }
            total += lanes[0];
        }
        return total;
    }

    private static float[] lanes(float[] a, int aAt, float[] b, int bAt, int columns) {
        float[] lanes = new float[16];
        for (int n = 0; n < columns; n++) {
            lanes[n % 16] = Math.fma(a[aAt + n], b[bAt + n], lanes[n % 16]);
        }
        return lanes;
    }

    private static Tensor tensor(Workspace workspace, int rows, int batch, float[] values) {
        Tensor tensor = workspace.tensor(Shape.of(rows, batch), Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(values), tensor);
        return tensor;
    }

    private static float[] download(Workspace workspace, Values values) {
        float[] host = new float[(int) values.space().nnz()];
        workspace.download(values, MemorySegment.ofArray(host));
        return host;
    }

    private static float[] floats(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }
}
