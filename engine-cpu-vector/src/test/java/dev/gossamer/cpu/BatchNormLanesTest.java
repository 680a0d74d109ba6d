package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.check.CheckedBackend;
import dev.gossamer.engine.ops.BatchNorm;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Statistics and gradients of batch norm have the bits of the documented scheme, written here in scalars: two times 16 lanes in
 * f32 per block of the batch, their totals in double. So they are the same at every vector width and number of threads, and
 * in a view of a larger batch.
 */
class BatchNormLanesTest {

    private static final int CHANNELS = 5;
    private static final int HEIGHT = 3;
    private static final int WIDTH = 5;
    private static final int PLANE = HEIGHT * WIDTH;
    private static final float EPSILON = 1e-3f;

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0", "16, 2, 0", "20, 3, 0", "32, 3, 0", "64, 2, 0", "100, 3, 0", "33, 1, 70", "96, 3, 9"})
    void sumsAreLaneSums(int batch, int threads, int beyond) {
        TuningTable tuning = new TuningTable(Map.of("parallel.flops", 0.0));
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(threads, tuning)));
                Workspace workspace = backend.workspace(threads)) {
            Shape shape = new Shape(CHANNELS, HEIGHT, WIDTH, batch);
            SplittableRandom random = new SplittableRandom(batch);
            float[] x = floats(random, batch);
            float[] gy = floats(random, batch);
            Tensor tx = tensor(workspace, shape, beyond, x);
            Tensor tgy = tensor(workspace, shape, beyond, gy);
            Tensor out = tensor(workspace, shape, beyond, x);
            BatchNorm norm =
                    new BatchNorm(ones(workspace), ones(workspace), ones(workspace), ones(workspace), EPSILON, 0.1f);
            BatchNorm.Saved saved = new BatchNorm.Saved(ones(workspace), ones(workspace));
            Values gGamma = ones(workspace);
            Values gBeta = ones(workspace);
            workspace.nn().batchNorm(tx, norm, saved, null, Activation.IDENTITY, null, out);
            workspace.nn().batchNormGradient(tx, norm, saved, tgy, 0, out, null, gGamma, gBeta);

            int block = new CpuTuning(tuning).block(batch + beyond);
            float[] mean = new float[CHANNELS];
            float[] inverse = new float[CHANNELS];
            float[] ofGamma = new float[CHANNELS];
            float[] ofBeta = new float[CHANNELS];
            double count = (double) PLANE * batch;
            for (int c = 0; c < CHANNELS; c++) {
                float[] own = Arrays.copyOfRange(x, c * PLANE * batch, (c + 1) * PLANE * batch);
                float[] ownGy = Arrays.copyOfRange(gy, c * PLANE * batch, (c + 1) * PLANE * batch);
                float about = (float) (laneSums(own, null, 0, batch, block)[0] / count);
                double[] moments = laneSums(own, null, about, batch, block);
                mean[c] = (float) (about + moments[0] / count);
                double variance = Math.max(0, (moments[1] - moments[0] * moments[0] / count) / count);
                inverse[c] = (float) (1 / Math.sqrt(variance + EPSILON));
                double[] products = laneSums(own, ownGy, mean[c], batch, block);
                ofBeta[c] = (float) products[0];
                ofGamma[c] = (float) (products[1] * inverse[c]);
            }
            assertThat(download(workspace, saved.mean())).containsExactly(mean);
            assertThat(download(workspace, saved.inverseDeviation())).containsExactly(inverse);
            assertThat(download(workspace, gBeta)).containsExactly(ofBeta);
            assertThat(download(workspace, gGamma)).containsExactly(ofGamma);
        }
    }

    /** Σd and Σd² with d = x − about, or Σg and Σg·d. A full block is summed by rows of all its sixteens, others one by one. */
    private static double[] laneSums(float[] x, float @Nullable [] g, float about, int batch, int block) {
        double[] totals = new double[2];
        for (int first = 0; first < batch; first += block) {
            float[] sums = new float[16];
            float[] products = new float[16];
            int left = Math.min(block, batch - first);
            int columns = left == block ? block : 16;
            for (int column = first; column < first + left; column += columns) {
                float[] oddSums = new float[16];
                float[] oddProducts = new float[16];
                for (int i = 0; i < HEIGHT * WIDTH * (columns / 16); i++) {
                    int position = i / (columns / 16);
                    boolean odd = i % (WIDTH * (columns / 16)) % 2 == 1;
                    int n = column + i % (columns / 16) * 16;
                    for (int lane = 0; lane < 16 && n + lane < batch; lane++) {
                        float d = x[position * batch + n + lane] - about;
                        float a = g == null ? d : g[position * batch + n + lane];
                        float[] ofSums = odd ? oddSums : sums;
                        float[] ofProducts = odd ? oddProducts : products;
                        ofSums[lane] += a;
                        ofProducts[lane] = Math.fma(a, d, ofProducts[lane]);
                    }
                }
                for (int lane = 0; lane < 16; lane++) {
                    sums[lane] += oddSums[lane];
                    products[lane] += oddProducts[lane];
                }
            }
            totals[0] += total(sums);
            totals[1] += total(products);
        }
        return totals;
    }

    private static double total(float[] lanes) {
        double[] chains = new double[4];
        for (int lane = 0; lane < 16; lane++) {
            chains[lane % 4] += lanes[lane];
        }
        return (chains[0] + chains[1]) + (chains[2] + chains[3]);
    }

    /** The first samples of a batch that is NaN beyond them. */
    private static Tensor tensor(Workspace workspace, Shape shape, int beyond, float[] numbers) {
        int batch = shape.batch();
        Tensor whole = workspace.tensor(shape.withBatch(batch + beyond), Layout.NATIVE);
        float[] wide = new float[shape.features() * (batch + beyond)];
        Arrays.fill(wide, Float.NaN);
        for (int f = 0; f < shape.features(); f++) {
            System.arraycopy(numbers, f * batch, wide, f * (batch + beyond), batch);
        }
        workspace.upload(MemorySegment.ofArray(wide), whole);
        return beyond == 0 ? whole : workspace.view(whole, batch);
    }

    private static Values ones(Workspace workspace) {
        Values values = workspace.values(workspace.space(CHANNELS), Role.THETA);
        workspace.dense().fill(values, 1);
        return values;
    }

    private static float[] download(Workspace workspace, Values values) {
        float[] host = new float[CHANNELS];
        workspace.download(values, MemorySegment.ofArray(host));
        return host;
    }

    private static float[] floats(SplittableRandom random, int batch) {
        float[] values = new float[CHANNELS * PLANE * batch];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 2);
        }
        return values;
    }
}
