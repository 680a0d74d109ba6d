package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.abs;
import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.Gemm;
import org.junit.jupiter.api.Test;

/** {@code gemm}, with and without transposes. */
public abstract class GemmContract extends BackendContract {

    @Test
    void multipliesAsTheOracle() {
        cases("gemm", 120, (c, rig) -> {
            boolean transposeA = c.turn("Aᵀ", false, true);
            boolean transposeB = c.turn("Bᵀ", false, false, true, true);
            int[] size = c.sizes("m, k, n", 3, 300_000);
            int m = size[0];
            int k = size[1];
            int n = size[2];
            float alpha = c.scalar("alpha");
            float beta = c.beta();
            float[] a = c.values((long) m * k);
            float[] b = c.values((long) k * n);
            float[] old = c.values((long) m * n);
            Tensor ta = rig.tensor(transposeA ? Shape.matrix(k, m) : Shape.matrix(m, k), Layout.ROW_MAJOR, a);
            Tensor tb = rig.tensor(transposeB ? Shape.matrix(n, k) : Shape.matrix(k, n), Layout.ROW_MAJOR, b);
            Tensor tc = rig.tensor(Shape.matrix(m, n), Layout.ROW_MAJOR, beta == 0 ? nan(old.length) : old);

            rig.workspace().dense().gemm(transposeA, transposeB, alpha, ta, tb, beta, tc);

            float[] want = Gemm.gemm(transposeA, transposeB, m, k, n, alpha, a, b, beta, old);
            float[] magnitudes = Gemm.gemm(
                    transposeA, transposeB, m, k, n, Math.abs(alpha), abs(a), abs(b), Math.abs(beta), abs(old));
            Close.check("C", rig.read(tc), want, magnitudes, k + 2);
            Close.sameBits("A after the product", rig.read(ta), a);
            Close.sameBits("B after the product", rig.read(tb), b);
        });
    }
}
