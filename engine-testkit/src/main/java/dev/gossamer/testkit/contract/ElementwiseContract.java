package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.filled;
import static dev.gossamer.testkit.Numbers.nan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.DenseOps;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Elementwise;
import dev.gossamer.testkit.reference.GatherScatter;
import dev.gossamer.testkit.reference.Spmm;
import org.junit.jupiter.api.Test;

/** {@code fill, copy, axpy, multiply, addSquare, dot} on values, whatever their storage. All but dot must be right in every bit. */
public abstract class ElementwiseContract extends BackendContract {

    private static final int COUNT = 40;

    private static Space space(Case c, Rig rig) {
        int[] size = c.sizes("rows, cols", 2, 20_000);
        boolean dense = c.pick("dense", true, false, false);
        return rig.space(size[0], size[1], dense ? null : c.pattern(size[0], size[1]));
    }

    @Test
    void fills() {
        cases("fill", COUNT, (c, rig) -> {
            Space space = space(c, rig);
            Values x = rig.values(space, Role.THETA, nan(space.nnz()));
            rig.workspace().dense().fill(x, 2.5f);
            Close.sameBits("x", rig.read(x), filled(space.nnz(), 2.5f));
        });
    }

    @Test
    void copies() {
        cases("copy", COUNT, (c, rig) -> {
            Space space = space(c, rig);
            float[] numbers = c.values(space.nnz());
            Values from = rig.values(space, Role.THETA, numbers);
            Values to = rig.values(space, Role.ANCHOR, nan(space.nnz()));
            rig.workspace().dense().copy(from, to);
            Close.sameBits("to", rig.read(to), numbers);
            Close.sameBits("from", rig.read(from), numbers);
            rig.workspace().dense().fill(from, 7);
            Close.sameBits("to, which must be a copy,", rig.read(to), numbers);
        });
    }

    @Test
    void addsAMultiple() {
        cases("axpy", COUNT, (c, rig) -> {
            Space space = space(c, rig);
            float alpha = c.scalar("alpha");
            float[] x = c.values(space.nnz());
            float[] y = c.values(space.nnz());
            Values tx = rig.values(space, Role.GRADIENT, x);
            Values ty = rig.values(space, Role.THETA, y);
            rig.workspace().dense().axpy(alpha, tx, ty);
            Close.same("y", rig.read(ty), Elementwise.axpy(alpha, x, y));
            Close.sameBits("x", rig.read(tx), x);
        });
    }

    @Test
    void addsSquares() {
        cases("addSquare", COUNT, (c, rig) -> {
            Space space = space(c, rig);
            float[] x = c.values(space.nnz());
            float[] y = c.values(space.nnz());
            Values tx = rig.values(space, Role.GRADIENT, x);
            Values ty = rig.values(space, Role.SUM, y);
            rig.workspace().dense().addSquare(tx, ty);
            Close.same("y", rig.read(ty), Elementwise.addSquare(x, y));
            Close.sameBits("x", rig.read(tx), x);
        });
    }

    @Test
    void multiplies() {
        cases("multiply", COUNT, (c, rig) -> {
            Space space = space(c, rig);
            float[] x = c.values(space.nnz());
            float[] y = c.values(space.nnz());
            Values tx = rig.values(space, Role.GRADIENT, x);
            Values ty = rig.values(space, Role.THETA, y);
            Values apart = rig.values(space, Role.ANCHOR, nan(space.nnz()));
            Values out = switch (c.turn("out", "apart", "x", "y")) {
                case "x" -> tx;
                case "y" -> ty;
                default -> apart;
            };
            rig.workspace().dense().multiply(tx, ty, out);
            Close.same("out", rig.read(out), Elementwise.multiply(x, y));
        });
    }

    @Test
    void sumsProducts() {
        cases("dot", COUNT, (c, rig) -> {
            Space space = space(c, rig);
            float[] x = c.values(space.nnz());
            float[] y = c.values(space.nnz());
            Values tx = rig.values(space, Role.GRADIENT, x);
            Values ty = rig.values(space, Role.THETA, y);
            Cell out = rig.cell(Float.NaN);
            rig.workspace().dense().dot(tx, ty, out);
            float got = rig.read(out);
            Close.check("dot", got, Elementwise.dot(x, y), Elementwise.dot(abs(x), abs(y)), space.nnz() + 2);
            rig.workspace().dense().dot(tx, ty, out);
            Close.sameBits("dot once more", new float[] {rig.read(out)}, new float[] {got});
        });
    }

    /** Backends may sum many entries in parts. Ones are counted exactly, so that no part may be missing or taken twice. */
    @Test
    void sumsProductsOfManyEntries() {
        for (int size : new int[] {8_193, 300_001}) {
            try (Rig rig = rig()) {
                Values ones = rig.vector(size, null, filled(size, 1));
                float[] numbers = new float[size];
                numbers[size - 1] = 3;
                Values last = rig.values(ones.space(), Role.ANCHOR, numbers);
                Cell out = rig.cell(Float.NaN);
                rig.workspace().dense().dot(ones, ones, out);
                assertThat(rig.read(out)).as("ones").isEqualTo(size);
                rig.workspace().dense().dot(ones, last, out);
                assertThat(rig.read(out)).as("the last entry").isEqualTo(3);
            }
        }
    }

    /** Storage may be dense-masked: what lies under the mask must stay 0, or products would see it. */
    @Test
    void touchesTheEntriesOfThePatternOnly() {
        cases("entries only", COUNT, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 5_000);
            SparsityPattern pattern = c.random(size[0], size[1], c.turn("density", 0.02, 0.3, 0.6, 0.95));
            Space space = rig.space(size[0], size[1], pattern);
            Values x = rig.values(space, Role.THETA, c.values(space.nnz()));
            Values y = rig.values(space, Role.ANCHOR, c.values(space.nnz()));
            DenseOps dense = rig.workspace().dense();
            dense.fill(x, 0.5f);
            dense.fill(y, 1);
            dense.axpy(2, x, y);
            dense.multiply(x, y, y);
            Layout layout = c.turn("layout", Layout.values());
            float[] values = filled(space.nnz(), 1);
            Tensor scattered = rig.tensor(Shape.matrix(size[0], size[1]), layout, nan(pattern.size()));
            rig.workspace().sparse().scatter(y, scattered);
            Close.same("dense form", rig.read(scattered), GatherScatter.scatter(pattern, values));
            Tensor ones = rig.tensor(Shape.matrix(size[1], 3), layout, filled(size[1] * 3L, 1));
            Tensor sums = rig.tensor(Shape.matrix(size[0], 3), layout, nan(size[0] * 3L));
            rig.workspace().sparse().spmm(1, y, ones, 0, sums);
            float[] counts = Spmm.spmm(1, pattern, values, filled(size[1] * 3L, 1), 3, 0, new float[size[0] * 3]);
            Close.same("entries per row", rig.read(sums), counts);
        });
    }

    /** Infinity times the 0 outside the pattern would be NaN, and stay. */
    @Test
    void keepsInfinityOnTheEntries() {
        cases("infinity", COUNT, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 5_000);
            SparsityPattern pattern = c.random(size[0], size[1], c.turn("density", 0.02, 0.3, 0.6, 0.95));
            Space space = rig.space(size[0], size[1], pattern);
            Values x = rig.values(space, Role.THETA, filled(space.nnz(), 1));
            Values y = rig.values(space, Role.ANCHOR, c.values(space.nnz()));
            rig.workspace().dense().axpy(Float.POSITIVE_INFINITY, x, y);
            float[] infinite = filled(space.nnz(), Float.POSITIVE_INFINITY);
            Close.sameBits("y", rig.read(y), infinite);
            Tensor ones = rig.tensor(Shape.of(size[1], 1), 0, filled(size[1], 1));
            Tensor sums = rig.tensor(Shape.of(size[0], 1), 0, nan(size[0]));
            rig.workspace().sparse().spmm(1, y, ones, 0, sums);
            float[] want = Spmm.spmm(1, pattern, infinite, filled(size[1], 1), 1, 0, new float[size[0]]);
            Close.same("sums of rows", rig.read(sums), want);
        });
    }
}
