package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.filled;
import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.GatherScatter;
import dev.gossamer.testkit.reference.Spmm;
import org.junit.jupiter.api.Test;

/** {@code spmm} and {@code spmmTransposed}, in both layouts. */
public abstract class SpmmContract extends BackendContract {

    private static final long WORK = 150_000;

    @Test
    void multipliesAsTheOracle() {
        cases("spmm", 80, (c, rig) -> product(c, rig, false));
    }

    @Test
    void multipliesTransposedAsTheOracle() {
        cases("spmm transposed", 80, (c, rig) -> product(c, rig, true));
    }

    private static void product(Case c, Rig rig, boolean transposed) {
        int[] size = c.sizes("rows, cols, n", 3, WORK);
        int n = size[2];
        int inner = transposed ? size[0] : size[1];
        int outer = transposed ? size[1] : size[0];
        Layout layout = c.turn("layout", Layout.values());
        float alpha = c.scalar("alpha");
        float beta = c.beta();
        boolean dense = c.random().nextInt(6) == 0;
        SparsityPattern pattern = dense ? SparsityPattern.full(size[0], size[1]) : c.pattern(size[0], size[1]);
        float[] values = c.values(pattern.nnz());
        float[] b = c.values((long) inner * n);
        float[] old = c.values((long) outer * n);

        Values a = rig.matrix(size[0], size[1], dense ? null : pattern, values);
        Tensor tb = rig.tensor(Shape.matrix(inner, n), layout, b);
        Tensor tc = rig.tensor(Shape.matrix(outer, n), layout, beta == 0 ? nan(old.length) : old);
        float[] want;
        float[] magnitudes;
        if (transposed) {
            rig.workspace().sparse().spmmTransposed(alpha, a, tb, beta, tc);
            want = Spmm.spmmTransposed(alpha, pattern, values, b, n, beta, old);
            magnitudes =
                    Spmm.spmmTransposed(Math.abs(alpha), pattern, abs(values), abs(b), n, Math.abs(beta), abs(old));
        } else {
            rig.workspace().sparse().spmm(alpha, a, tb, beta, tc);
            want = Spmm.spmm(alpha, pattern, values, b, n, beta, old);
            magnitudes = Spmm.spmm(Math.abs(alpha), pattern, abs(values), abs(b), n, Math.abs(beta), abs(old));
        }
        Close.check("C", rig.read(tc), want, magnitudes, inner + 2);
        Close.sameBits("A after the product", rig.read(a), values);
        Close.sameBits("B after the product", rig.read(tb), b);
    }

    @Test
    void timesTheIdentityIsTheMatrix() {
        cases("spmm identity", 20, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 10_000);
            SparsityPattern pattern = c.pattern(size[0], size[1]);
            float[] values = c.values(pattern.nnz());
            Layout layout = c.turn("layout", Layout.values());
            float[] identity = new float[size[1] * size[1]];
            for (int i = 0; i < size[1]; i++) {
                identity[i * size[1] + i] = 1;
            }
            Values a = rig.matrix(size[0], size[1], pattern, values);
            Tensor b = rig.tensor(Shape.matrix(size[1], size[1]), layout, identity);
            Tensor out = rig.tensor(Shape.matrix(size[0], size[1]), layout, nan((long) size[0] * size[1]));
            rig.workspace().sparse().spmm(1, a, b, 0, out);
            Close.same("A·I", rig.read(out), GatherScatter.scatter(pattern, values));
        });
    }

    @Test
    void multipliesNothing() {
        try (Rig rig = rig()) {
            Values a = rig.matrix(3, 4, SparsityPattern.full(3, 4), new float[12]);
            for (Layout layout : Layout.values()) {
                Tensor b = rig.tensor(Shape.matrix(4, 0), layout, new float[0]);
                Tensor out = rig.tensor(Shape.matrix(3, 0), layout, new float[0]);
                rig.workspace().sparse().spmm(1, a, b, 0, out);
                rig.workspace().sparse().spmmTransposed(1, a, out, 0, b);
                Close.same("nothing", rig.read(out), new float[0]);
            }
        }
    }

    /** Backends may cut so many columns into parts. */
    @Test
    void multipliesAMillionColumns() {
        int n = 1_048_601;
        SparsityPattern pattern = SparsityPattern.fromBits(3, 4, new long[] {0b0010_0000_0100});
        float[] values = {2, -3};
        float[] numbers = new float[4 * n];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i % 1021;
        }
        try (Rig rig = rig()) {
            Values a = rig.matrix(3, 4, pattern, values);
            Tensor b = rig.tensor(Shape.matrix(4, n), Layout.ROW_MAJOR, numbers);
            Tensor out = rig.tensor(Shape.matrix(3, n), Layout.ROW_MAJOR, nan(3L * n));
            rig.workspace().sparse().spmm(1, a, b, 0, out);
            Close.same("C", rig.read(out), Spmm.spmm(1, pattern, values, numbers, n, 0, new float[3 * n]));
        }
    }

    /** Backends may keep what they know of a pattern for all that have it. */
    @Test
    void outlivesOthersOfItsPattern() {
        SparsityPattern pattern = SparsityPattern.fromBits(3, 4, new long[] {0b0010_0000_0101});
        float[] ones = filled(8, 1);
        float[] sums = {5, 5, 0, 0, 7, 7};
        try (Rig rig = rig()) {
            Values a = rig.matrix(3, 4, pattern, new float[] {2, 3, 7});
            Values other = rig.matrix(3, 4, pattern, new float[] {1, 1, 1});
            Tensor b = rig.tensor(Shape.matrix(4, 2), Layout.ROW_MAJOR, ones);
            Tensor out = rig.tensor(Shape.matrix(3, 2), Layout.ROW_MAJOR, nan(6));
            rig.workspace().sparse().spmm(1, other, b, 0, out);
            rig.workspace().sparse().spmm(1, a, b, 0, out);
            Close.same("beside another", rig.read(out), sums);
            rig.workspace().repattern(other.space(), null);
            rig.workspace().sparse().spmm(1, a, b, 0, out);
            Close.same("after another", rig.read(out), sums);
        }
    }
}
