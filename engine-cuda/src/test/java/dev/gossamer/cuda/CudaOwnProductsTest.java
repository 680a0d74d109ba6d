package dev.gossamer.cuda;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Sddmm;
import dev.gossamer.testkit.reference.Spmm;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the sizes of the contracts seldom reach: rows in several pieces, columns in several parts, which kernel takes what. */
class CudaOwnProductsTest {

    private static final int ROWS = 9;
    private static final int COLS = 700;

    /** Rows of some 200 entries, and one that is empty. */
    private static final SparsityPattern PATTERN = SparsityPattern.fromMask(
            ROWS, COLS, (row, col) -> row != 4 && new SplittableRandom(row * 1000L + col).nextDouble() < 0.28);

    private static final float[] VALUES = numbers(1, (int) PATTERN.nnz());

    private Backend backend;
    private Workspace workspace;

    @BeforeEach
    void open() {
        backend = CudaUnderTest.backend();
        workspace = backend.workspace(1);
        if (Emulator.wanted()) {
            Emulator.load().clearLaunches();
        }
    }

    @AfterEach
    void close() {
        if (workspace == null) {
            return; // the backend cannot run here
        }
        workspace.close();
        CudaUnderTest.assertNothingHeld(backend);
        backend.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 32, 33, 64, 65, 130})
    void longRowsAreSummedInPieces(int n) {
        float[] b = numbers(2, COLS * n);
        Values a = matrix(PATTERN, Role.THETA, VALUES);
        Tensor tb = tensor(COLS, n, b);
        Tensor tc = tensor(ROWS, n, numbers(3, ROWS * n));
        workspace.sparse().spmm(2, a, tb, 0, tc);
        float[] once = read(tc, ROWS * n);
        float[] want = Spmm.spmm(2, PATTERN, VALUES, b, n, 0, new float[ROWS * n]);
        Close.check("C", once, want, Spmm.spmm(2, PATTERN, abs(VALUES), abs(b), n, 0, new float[ROWS * n]), COLS);
        workspace.sparse().spmm(2, a, tb, 0, tc);
        Close.sameBits("C once more", read(tc, ROWS * n), once);
        // The emulated GPU has one multiprocessor, which takes little to fill.
        assertLaunched(n == 1 ? "spmm_vector" : n <= 32 ? "spmm_32" : n <= 64 ? "spmm_64" : "spmm_long_128", 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 100, 1024, 2051})
    void manyColumnsAreSummedInParts(int n) {
        SparsityPattern few = SparsityPattern.fromMask(2, 30, (row, col) -> (row + col) % 4 == 0);
        float[] old = numbers(3, (int) few.nnz());
        float[] gy = numbers(4, 2 * n);
        float[] x = numbers(5, 30 * n);
        Values gw = matrix(few, Role.GRADIENT, old);
        Tensor tgy = tensor(2, n, gy);
        Tensor tx = tensor(30, n, x);
        workspace.sparse().sddmm(0.5f, tgy, tx, 0, gw);
        float[] once = read(gw);
        float[] want = Sddmm.sddmm(0.5f, few, gy, x, n, 0, old);
        Close.check("gw", once, want, Sddmm.sddmm(0.5f, few, abs(gy), abs(x), n, 0, old), n);
        workspace.sparse().sddmm(0.5f, tgy, tx, 0, gw);
        Close.sameBits("gw once more", read(gw), once);
        assertLaunched("sddmm_total", n >= 1024 ? 2 : 0);
        assertLaunched("sddmm_few", n <= 8 ? 2 : 0);
    }

    /** Blocks that are not full, and octets that are not. */
    @ParameterizedTest
    @ValueSource(ints = {9, 32, 77})
    void manyOctetsShareLargeBlocks(int n) {
        SparsityPattern many = SparsityPattern.fromMask(70, 41, (row, col) -> (row * 5 + col) % 4 == 0);
        float[] old = numbers(3, (int) many.nnz());
        float[] gy = numbers(4, 70 * n);
        float[] x = numbers(5, 41 * n);
        Values gw = matrix(many, Role.GRADIENT, old);
        workspace.sparse().sddmm(0.5f, tensor(70, n, gy), tensor(41, n, x), 2, gw);
        float[] want = Sddmm.sddmm(0.5f, many, gy, x, n, 2, old);
        Close.check("gw", read(gw), want, Sddmm.sddmm(0.5f, many, abs(gy), abs(x), n, 2, abs(old)), n + 1);
        assertLaunched("sddmm_large_32", 1);
    }

    /** One row is longer than most; 49 tiles of 64 columns are more than 24 MiB, so that the last two come after the others. */
    @ParameterizedTest
    @CsvSource({"2050, 515", "2050, 3100", "520, 2050"})
    void deepAndWideProductsHaveWholeRows(int depth, int n) {
        SparsityPattern deep =
                SparsityPattern.fromMask(40, depth, (row, col) -> (col + 3 * row) % (row == 7 ? 4 : 90) == 0);
        float[] values = numbers(8, (int) deep.nnz());
        float[] b = numbers(9, depth * n);
        Tensor tc = tensor(40, n, numbers(3, 40 * n));
        workspace.sparse().spmm(1, matrix(deep, Role.THETA, values), tensor(depth, n, b), 0, tc);
        float[] want = Spmm.spmm(1, deep, values, b, n, 0, new float[40 * n]);
        Close.check(
                "C", read(tc, 40 * n), want, Spmm.spmm(1, deep, abs(values), abs(b), n, 0, new float[40 * n]), depth);
        assertLaunched("spmm_whole_64", 1);
    }

    @Test
    void muchWorkGoesToLongPieces() {
        int rows = 120;
        int n = 129;
        SparsityPattern much = SparsityPattern.fromMask(rows, COLS, (row, col) -> (col + 3 * row) % (4 + row % 7) == 0);
        float[] values = numbers(8, (int) much.nnz());
        float[] b = numbers(9, COLS * n);
        Tensor tc = tensor(rows, n, numbers(3, rows * n));
        workspace.sparse().spmm(1, matrix(much, Role.THETA, values), tensor(COLS, n, b), 0, tc);
        float[] want = Spmm.spmm(1, much, values, b, n, 0, new float[rows * n]);
        Close.check(
                "C",
                read(tc, rows * n),
                want,
                Spmm.spmm(1, much, abs(values), abs(b), n, 0, new float[rows * n]),
                COLS);
        assertLaunched("spmm_long_128", 1);
    }

    /** The kernel ends with what would take a pass of its own, with the bits of that pass. */
    @Test
    void theEpilogueIsPartOfTheProduct() {
        int n = 37;
        Values w = matrix(PATTERN, Role.THETA, VALUES);
        Values bias = workspace.values(workspace.space(ROWS), Role.THETA);
        workspace.upload(MemorySegment.ofArray(numbers(6, ROWS)), bias);
        Tensor x = tensor(COLS, n, numbers(7, COLS * n));
        Tensor y = tensor(ROWS, n, new float[ROWS * n]);
        Tensor plain = tensor(ROWS, n, new float[ROWS * n]);
        Mask mask = workspace.mask(y.shape());
        var product = workspace.product(Geometry.linear(COLS, ROWS));
        product.forward(w, x, 0, y, new Epilogue(bias, Activation.RELU, mask));
        assertLaunched("bias_relu_note", 0);
        product.forward(w, x, 0, plain, Epilogue.NONE);
        BiasRelu.apply((CudaWorkspace) workspace, new Epilogue(bias, Activation.RELU, null), (CudaTensor) plain);
        Close.sameBits("y", read(y, ROWS * n), read(plain, ROWS * n));
        Tensor ones = tensor(ROWS, n, filled((long) ROWS * n, 1));
        workspace.nn().reluGradient(mask, ones, ones);
        float[] passed = read(ones, ROWS * n);
        float[] out = read(y, ROWS * n);
        for (int i = 0; i < out.length; i++) {
            assertThat(passed[i]).as("bit %d", i).isEqualTo(out[i] > 0 ? 1f : 0f);
        }
    }

    /** The grid is what the emulated GPU takes at most, so that blocks go round their share. */
    @ParameterizedTest
    @CsvSource({"9, 1", "32, 1", "33, 0", "8, 0"})
    void aSmallLayerGoesBackwardByOneLaunch(int n, int launches) {
        int outputs = 60;
        int inputs = 300;
        SparsityPattern few = SparsityPattern.fromMask(outputs, inputs, (row, col) -> (row + col) % 60 == 0);
        Values w = matrix(few, Role.THETA, numbers(1, (int) few.nnz()));
        Tensor x = tensor(inputs, n, numbers(2, inputs * n));
        Tensor gy = tensor(outputs, n, numbers(3, outputs * n));
        Tensor gx = tensor(inputs, n, numbers(4, inputs * n));
        Tensor gxAlone = tensor(inputs, n, numbers(4, inputs * n));
        Values gw = workspace.values(w.space(), Role.GRADIENT);
        Values gwAlone = workspace.values(w.space(), Role.GRADIENT);
        Values gb = workspace.values(workspace.space(outputs), Role.GRADIENT);
        Values gbAlone = workspace.values(gb.space(), Role.GRADIENT);
        var product = workspace.product(Geometry.linear(inputs, outputs));

        product.backward(w, x, gy, 0.5f, gx, null, gw, gb);

        assertLaunched("linear_backward_32", launches);
        product.gradients(x, gy, 0, gwAlone, gbAlone);
        product.inputGradient(w, gy, 0.5f, gxAlone, null);
        assertLaunched("linear_backward_32", launches);
        Close.sameBits("gx", read(gx, inputs * n), read(gxAlone, inputs * n));
        Close.sameBits("gw", read(gw), read(gwAlone));
        Close.sameBits("gb", read(gb), read(gbAlone));
    }

    private void assertLaunched(String kernel, int times) {
        if (Emulator.wanted()) {
            assertThat(Emulator.load().launches(kernel)).as(kernel).isEqualTo(times);
        }
    }

    private Values matrix(SparsityPattern pattern, Role role, float[] numbers) {
        var space = workspace.space(Geometry.linear(pattern.cols(), pattern.rows()));
        workspace.repattern(space, pattern);
        Values made = workspace.values(space, role);
        workspace.upload(MemorySegment.ofArray(numbers), made);
        return made;
    }

    private Tensor tensor(int rows, int n, float[] numbers) {
        Tensor made = workspace.tensor(Shape.matrix(rows, n), Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(numbers), made);
        return made;
    }

    private float[] read(Tensor tensor, int count) {
        float[] numbers = new float[count];
        workspace.download(tensor, MemorySegment.ofArray(numbers));
        return numbers;
    }

    private float[] read(Values values) {
        float[] numbers = new float[(int) values.space().nnz()];
        workspace.download(values, MemorySegment.ofArray(numbers));
        return numbers;
    }

    private static float[] numbers(int seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        return numbers;
    }
}
