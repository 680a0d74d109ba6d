package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Forward and input gradient have the bits of one scalar FMA chain per output, in ascending index; spmv of a packed matrix those
 * of eight chains per row. As these scalar loops know no vector width, block or thread, agreeing with them at every width means
 * agreeing with each other.
 */
class FmaChainTest {

    private static final int ROWS = 37;
    private static final int COLS = 131;

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    static Stream<Arguments> settings() {
        Stream.Builder<Arguments> all = Stream.builder();
        for (int batch : new int[] {1, 17, 32, 64, 129}) {
            for (int panel : new int[] {16, 32, 64}) {
                for (double density : new double[] {0.01, 0.1, 0.6, 1}) {
                    for (boolean masked : new boolean[] {false, true}) {
                        all.add(Arguments.of(batch, panel, density, masked, batch == 129 ? 3 : 1));
                    }
                }
            }
        }
        return all.build();
    }

    @ParameterizedTest
    @MethodSource("settings")
    void productIsOneChain(int batch, int panel, double density, boolean masked, int threads) {
        TuningTable tuning = new TuningTable(
                Map.of("panel.columns", (double) panel, "masked.density", masked ? 0.0 : 1.0, "parallel.flops", 0.0));
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(threads, tuning)));
                Workspace workspace = backend.workspace(threads)) {
            SplittableRandom random = new SplittableRandom(batch * 31L + panel);
            SparsityPattern pattern = SparsityPattern.fromMask(
                    ROWS,
                    COLS,
                    (row, col) -> density == 1 || new SplittableRandom(row * 1000L + col).nextDouble() < density);
            float[] w = randomFloats(random, (int) pattern.nnz());
            float[] x = randomFloats(random, COLS * batch);
            float[] y = randomFloats(random, ROWS * batch);
            Space space = workspace.space(Geometry.linear(COLS, ROWS));
            workspace.repattern(space, density == 1 && masked ? null : pattern);
            Values values = workspace.values(space, Role.THETA);
            workspace.upload(MemorySegment.ofArray(w), values);
            for (Layout layout : Layout.values()) {
                Tensor in = tensor(workspace, COLS, batch, layout, x);
                Tensor out = tensor(workspace, ROWS, batch, layout, y);
                for (float beta : new float[] {0, 0.7f, 1}) {
                    workspace.upload(MemorySegment.ofArray(y), out);
                    workspace.sparse().spmm(1, values, in, beta, out);
                    assertThat(download(workspace, out)).containsExactly(chain(pattern, w, x, beta, y, batch));
                    if (batch == 1 && layout == Layout.ROW_MAJOR) {
                        workspace.upload(MemorySegment.ofArray(y), out);
                        workspace.sparse().spmv(1, values, in, beta, out);
                        assertThat(download(workspace, out))
                                .containsExactly(
                                        masked
                                                ? chain(pattern, w, x, beta, y, 1)
                                                : eightSums(pattern, w, 1, x, beta, y));
                    }
                }
                workspace.upload(MemorySegment.ofArray(y), out);
                workspace.sparse().spmmTransposed(1, values, out, 0, in);
                SparsityPattern.Transposed transposed = pattern.transpose();
                float[] wt = new float[w.length];
                for (int p = 0; p < w.length; p++) {
                    wt[p] = w[transposed.permutation()[p]];
                }
                assertThat(download(workspace, in)).containsExactly(chain(transposed.pattern(), wt, y, 0, x, batch));
                workspace.upload(MemorySegment.ofArray(x), in);
                if (layout == Layout.NATIVE) {
                    workspace.product(Geometry.linear(COLS, ROWS)).forward(values, in, 0, out, Epilogue.NONE);
                    assertThat(download(workspace, out)).containsExactly(chain(pattern, w, x, 0, y, batch));
                }
            }
        }
    }

    /** Columns are 16-bit numbers up to 65536 of them; beside that, rows of very different length, and empty ones. */
    @ParameterizedTest
    @ValueSource(ints = {65_535, 65_536, 65_537, 100_000})
    void productsKeepTheirOrderOnBothSidesOf65536Columns(int cols) {
        int rows = 11;
        int batch = 16;
        SparsityPattern pattern = SparsityPattern.fromMask(
                rows, cols, (row, col) -> row == 3 || (row != 5 && (col * 31 + row) % (7 << row) == 0));
        SplittableRandom random = new SplittableRandom(cols);
        float[] w = randomFloats(random, (int) pattern.nnz());
        float[] x = randomFloats(random, cols);
        float[] y = randomFloats(random, rows);
        TuningTable tuning = new TuningTable(Map.of("masked.density", 1.0, "parallel.flops", 0.0));
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(2, tuning)));
                Workspace workspace = backend.workspace(2)) {
            Space space = workspace.space(Geometry.linear(cols, rows));
            workspace.repattern(space, pattern);
            Values values = workspace.values(space, Role.THETA);
            workspace.upload(MemorySegment.ofArray(w), values);
            Tensor in = tensor(workspace, cols, 1, Layout.ROW_MAJOR, x);
            Tensor out = tensor(workspace, rows, 1, Layout.ROW_MAJOR, y);
            workspace.sparse().spmv(1, values, in, 0.7f, out);
            assertThat(download(workspace, out)).containsExactly(eightSums(pattern, w, 1, x, 0.7f, y));
            float[] many = randomFloats(random, cols * batch);
            float[] old = randomFloats(random, rows * batch);
            Tensor wide = tensor(workspace, cols, batch, Layout.NATIVE, many);
            Tensor products = tensor(workspace, rows, batch, Layout.NATIVE, old);
            for (float beta : new float[] {0.7f, 0}) {
                workspace.upload(MemorySegment.ofArray(old), products);
                workspace.sparse().spmm(1, values, wide, beta, products);
                assertThat(download(workspace, products)).containsExactly(chain(pattern, w, many, beta, old, batch));
            }
        }
    }

    static Stream<Arguments> rowsOfEveryLength() {
        Stream.Builder<Arguments> all = Stream.builder();
        for (int cols : new int[] {200, 65_536, 65_537}) {
            for (int longest : new int[] {9, 40, 150}) { // on average below and above where the kernel changes
                for (int threads : new int[] {1, 2, 3}) {
                    all.add(Arguments.of(cols, longest, threads));
                }
            }
        }
        return all.build();
    }

    /** Rows of 0, 1, 2, … entries, then down again, so that none is read as its neighbour's length would have it. */
    @ParameterizedTest
    @MethodSource("rowsOfEveryLength")
    void spmvIsEightSums(int cols, int longest, int threads) {
        int rows = 2 * longest + 1;
        SparsityPattern pattern = SparsityPattern.fromMask(rows, cols, (row, col) -> {
            int length = Math.min(row, rows - 1 - row);
            return col >= cols - length || (length > 0 && col == row % 7);
        });
        SplittableRandom random = new SplittableRandom(cols + longest);
        float[] w = randomFloats(random, (int) pattern.nnz());
        float[] x = randomFloats(random, cols);
        float[] y = randomFloats(random, rows);
        TuningTable tuning = new TuningTable(Map.of("masked.density", 1.0, "parallel.flops", 0.0));
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(threads, tuning)));
                Workspace workspace = backend.workspace(threads)) {
            Space space = workspace.space(Geometry.linear(cols, rows));
            workspace.repattern(space, pattern);
            Values values = workspace.values(space, Role.THETA);
            workspace.upload(MemorySegment.ofArray(w), values);
            Tensor in = tensor(workspace, cols, 1, Layout.ROW_MAJOR, x);
            Tensor out = tensor(workspace, rows, 1, Layout.ROW_MAJOR, y);
            for (float alpha : new float[] {1, 0.3f}) {
                for (float beta : new float[] {0, 0.7f, 1}) {
                    workspace.upload(MemorySegment.ofArray(y), out);
                    workspace.sparse().spmv(alpha, values, in, beta, out);
                    assertThat(download(workspace, out)).containsExactly(eightSums(pattern, w, alpha, x, beta, y));
                }
            }
        }
    }

    /** As {@code SparseOps.spmv} says. */
    private static float[] eightSums(SparsityPattern a, float[] values, float alpha, float[] x, float beta, float[] y) {
        float[] out = new float[a.rows()];
        for (int row = 0; row < a.rows(); row++) {
            int start = a.rowStart(row);
            int end = a.rowEnd(row);
            int whole = end - (end - start) % 4;
            float[] s = new float[8];
            for (int p = start; p < whole; p++) {
                int to = (p - start) % 8;
                s[to] = Math.fma(values[p], x[a.col(p)], s[to]);
            }
            float sum = ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
            for (int p = whole; p < end; p++) {
                sum = Math.fma(values[p], x[a.col(p)], sum);
            }
            out[row] = beta == 0 ? alpha * sum : Math.fma(beta, y[row], alpha * sum);
        }
        return out;
    }

    private static float[] chain(SparsityPattern a, float[] values, float[] b, float beta, float[] c, int batch) {
        float[] out = new float[a.rows() * batch];
        for (int row = 0; row < a.rows(); row++) {
            for (int n = 0; n < batch; n++) {
                float sum = beta == 0 ? 0 : beta * c[row * batch + n];
                for (int p = a.rowStart(row); p < a.rowEnd(row); p++) {
                    sum = Math.fma(values[p], b[a.col(p) * batch + n], sum);
                }
                out[row * batch + n] = sum;
            }
        }
        return out;
    }

    private static Tensor tensor(Workspace workspace, int rows, int batch, Layout layout, float[] values) {
        Tensor tensor = workspace.tensor(Shape.of(rows, batch), layout);
        workspace.upload(MemorySegment.ofArray(values), tensor);
        return tensor;
    }

    private static float[] download(Workspace workspace, Tensor tensor) {
        float[] host = new float[(int) tensor.shape().size()];
        workspace.download(tensor, MemorySegment.ofArray(host));
        return host;
    }

    private static float[] randomFloats(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }
}
