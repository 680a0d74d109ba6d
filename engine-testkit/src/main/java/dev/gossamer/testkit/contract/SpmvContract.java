package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Spmv;
import org.junit.jupiter.api.Test;

/** {@code spmv}. */
public abstract class SpmvContract extends BackendContract {

    @Test
    void multipliesAsTheOracle() {
        cases("spmv", 80, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 100_000);
            float alpha = c.scalar("alpha");
            float beta = c.beta();
            boolean dense = c.random().nextInt(6) == 0;
            SparsityPattern pattern = dense ? SparsityPattern.full(size[0], size[1]) : c.pattern(size[0], size[1]);
            float[] values = c.values(pattern.nnz());
            float[] x = c.values(size[1]);
            float[] old = c.values(size[0]);
            Values a = rig.matrix(size[0], size[1], dense ? null : pattern, values);
            Tensor tx = rig.tensor(Shape.of(size[1], 1), Layout.ROW_MAJOR, x);
            Tensor ty = rig.tensor(Shape.of(size[0], 1), Layout.ROW_MAJOR, beta == 0 ? nan(size[0]) : old);

            rig.workspace().sparse().spmv(alpha, a, tx, beta, ty);

            float[] want = Spmv.spmv(alpha, pattern, values, x, beta, old);
            float[] magnitudes = Spmv.spmv(Math.abs(alpha), pattern, abs(values), abs(x), Math.abs(beta), abs(old));
            Close.check("y", rig.read(ty), want, magnitudes, size[1] + 2);
            Close.sameBits("x after the product", rig.read(tx), x);
        });
    }
}
