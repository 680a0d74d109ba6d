package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Sddmm;
import org.junit.jupiter.api.Test;

/** {@code sddmm}, in both layouts. */
public abstract class SddmmContract extends BackendContract {

    @Test
    void multipliesAsTheOracle() {
        cases("sddmm", 80, (c, rig) -> {
            int[] size = c.sizes("rows, cols, n", 3, 150_000);
            int n = size[2];
            Layout layout = c.turn("layout", Layout.values());
            float alpha = c.scalar("alpha");
            float beta = c.beta();
            boolean dense = c.random().nextInt(6) == 0;
            SparsityPattern pattern = dense ? SparsityPattern.full(size[0], size[1]) : c.pattern(size[0], size[1]);
            float[] a = c.values((long) size[0] * n);
            float[] b = c.values((long) size[1] * n);
            float[] old = c.values(pattern.nnz());
            Tensor ta = rig.tensor(Shape.matrix(size[0], n), layout, a);
            Tensor tb = rig.tensor(Shape.matrix(size[1], n), layout, b);
            Values out = rig.matrix(size[0], size[1], dense ? null : pattern, beta == 0 ? nan(old.length) : old);

            rig.workspace().sparse().sddmm(alpha, ta, tb, beta, out);

            float[] want = Sddmm.sddmm(alpha, pattern, a, b, n, beta, old);
            float[] magnitudes = Sddmm.sddmm(Math.abs(alpha), pattern, abs(a), abs(b), n, Math.abs(beta), abs(old));
            Close.check("C", rig.read(out), want, magnitudes, n + 2);
            Close.sameBits("A after the product", rig.read(ta), a);
            Close.sameBits("B after the product", rig.read(tb), b);
        });
    }
}
