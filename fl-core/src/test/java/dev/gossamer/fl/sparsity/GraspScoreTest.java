package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class GraspScoreTest {

    private static ModelState model(String name, float... values) {
        return new ModelState(List.of(TensorState.dense(name, new int[] {1, values.length}, values)));
    }

    /**
     * {@code L = ½·xᵀAx − bᵀx}: {@code g = Ax − b}, {@code H = A} and {@code S ∝ −x ⊙ A(Ax − b)}. With A = [[2, 1, 0], [1, 3,
     * −1], [0, −1, 1]], x = (1, −1, 2), b = (0, 1, −1): Ax = (1, −4, 3), g = (1, −5, 4), Ag = (−3, −18, 9), −x ⊙ Ag = (3, −18,
     * −18), their sum −33.
     */
    @Test
    void scoresAQuadraticInClosedForm() {
        double[][] a = {{2, 1, 0}, {1, 3, -1}, {0, -1, 1}};
        double[] x = {1, -1, 2};
        double[] g = product(a, x);
        g[0] -= 0;
        g[1] -= 1;
        g[2] -= -1;
        double[] hg = product(a, g);
        ModelState model = model("x", 1, -1, 2);
        ModelState hessianGradient = model("x", (float) hg[0], (float) hg[1], (float) hg[2]);

        float[] scores =
                GraspScore.scores(model, hessianGradient, tensor -> true).getFirst();

        assertThat(scores).containsExactly(new float[] {3 / 33f, -18 / 33f, -18 / 33f}, Offset.offset(1e-7f));
        assertThat(GraspScore.prune(model, hessianGradient, tensor -> true, 1)
                        .tensor("x")
                        .toDense())
                .as("the largest score goes")
                .containsExactly(0, -1, 2);
        assertThat(GraspScore.prune(model, hessianGradient, tensor -> true, 2)
                        .tensor("x")
                        .toDense())
                .as("of equals the higher index goes")
                .containsExactly(0, -1, 0);
    }

    private static double[] product(double[][] a, double[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                y[i] += a[i][j] * x[j];
            }
        }
        return y;
    }

    @Test
    void ranksAllLayersTogetherAndLeavesOthers() {
        ModelState model = new ModelState(List.of(
                TensorState.dense("w1", new int[] {1, 2}, new float[] {1, 1}),
                TensorState.dense("bias", new int[] {1}, new float[] {1}),
                TensorState.dense("w2", new int[] {1, 2}, new float[] {1, 1})));
        ModelState hg = new ModelState(List.of(
                TensorState.dense("w1", new int[] {1, 2}, new float[] {5, -1}),
                TensorState.dense("bias", new int[] {1}, new float[] {-100}),
                TensorState.dense("w2", new int[] {1, 2}, new float[] {-2, 3})));

        ModelState pruned = GraspScore.prune(model, hg, tensor -> !tensor.name().equals("bias"), 2);

        assertThat(pruned.tensor("w1").toDense()).containsExactly(1, 0);
        assertThat(pruned.tensor("w2").toDense()).containsExactly(0, 1);
        assertThat(pruned.tensor("bias")).isEqualTo(model.tensor("bias"));
    }

    @Test
    void countsByTruncation() {
        assertThat(GraspScore.removed(10, 0.95)).isEqualTo(9);
        assertThat(GraspScore.removed(11_164_352, 0.98)).isEqualTo(10_941_064);
        assertThatIllegalArgumentException().isThrownBy(() -> GraspScore.removed(10, -0.1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GraspScore.prune(model("x", 1, 2), model("x", 1, Float.NaN), tensor -> true, 1))
                .withMessageContaining("NaN");
    }
}
