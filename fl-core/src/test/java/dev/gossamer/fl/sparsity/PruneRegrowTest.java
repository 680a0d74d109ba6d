package dev.gossamer.fl.sparsity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PruneRegrowTest {

    private static boolean isWeight(TensorState tensor) {
        return tensor.name().endsWith("weight");
    }

    private static ModelState random(long seed) {
        Random random = new Random(seed);
        return new ModelState(List.of(
                dense("conv.weight", random, 8, 4, 3, 3),
                dense("conv.bias", random, 8),
                dense("fc.weight", random, 10, 40)));
    }

    private static TensorState dense(String name, Random random, int... shape) {
        float[] values = new float[(int) TensorState.size(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorState.dense(name, shape, values);
    }

    @Test
    void exchangeFallsAsACosine() {
        PruneRegrow rule = new PruneRegrow(0.8, 0.01, 100);

        assertThat(rule.exchanged(0)).isEqualTo(0.01);
        assertThat(rule.exchanged(50)).isCloseTo(0.005, Offset.offset(1e-17));
        assertThat(rule.exchanged(100)).isZero();
        assertThat(rule.exchanged(1000)).isZero();
        assertThat(rule.exchanged(25)).isCloseTo(0.005 * (1 + Math.sqrt(0.5)), Offset.offset(1e-17));
    }

    /**
     * By hand: shapes 8x4x3x3 and 10x40 have 288 and 400 weights and 288 − 18 and 400 − 50 raw zeros; at S = 0.8 they keep
     * ⌊288 − 0.8·688·270/620⌋ = 48 and ⌊400 − 0.8·688·350/620⌋ = 89.
     */
    @Test
    void startsWithTheLargestOfEachLayer() {
        ModelState model = random(1);
        ModelState pruned = new PruneRegrow(0.8, 0.2, 10).prune(model, PruneRegrowTest::isWeight);

        assertThat(pruned.tensor("conv.weight").nnz()).isEqualTo(48);
        assertThat(pruned.tensor("fc.weight").nnz()).isEqualTo(89);
        assertThat(pruned.tensor("conv.bias")).isEqualTo(model.tensor("conv.bias"));
        assertThat(pruned.tensor("fc.weight"))
                .isEqualTo(MagnitudePruning.keepTop(new ModelState(List.of(model.tensor("fc.weight"))), 89)
                        .tensor("fc.weight"));
    }

    @Test
    void adjustingKeepsEveryLayersCountAndExchangesTheSmallest() {
        PruneRegrow rule = new PruneRegrow(0.8, 0.5, 10);
        ModelState before = rule.prune(random(2), PruneRegrowTest::isWeight);
        ModelState gradient = random(3);

        ModelState after = rule.adjust(before, gradient, PruneRegrowTest::isWeight, 0);

        // At round 0 half of the fifth is given up: what is left is the start at S = 0.9.
        ModelState left = new PruneRegrow(0.9, 0, 1).prune(before, PruneRegrowTest::isWeight);
        for (String name : List.of("conv.weight", "fc.weight")) {
            TensorState is = after.tensor(name);
            TensorState stayed = left.tensor(name);
            assertThat(is.nnz()).isEqualTo(before.tensor(name).nnz());
            assertThat(is.pattern().containsAll(stayed.pattern())).isTrue();
            assertThat(Entries.of(is, stayed)).as("what stays").isEqualTo(stayed.values());
            SparsityPattern grown = is.pattern().minus(stayed.pattern());
            assertThat(grown.nnz()).isPositive();
            assertThat(at(is, grown)).as("what grows starts at 0").containsOnly(0);
            float largestRefused = 0;
            for (float g : at(gradient.tensor(name), is.pattern().complement())) {
                largestRefused = Math.max(largestRefused, Math.abs(g));
            }
            for (float g : at(gradient.tensor(name), grown)) {
                assertThat(Math.abs(g)).as("gradient of what grew").isGreaterThanOrEqualTo(largestRefused);
            }
        }
        assertThat(after.tensor("conv.bias")).isEqualTo(before.tensor("conv.bias"));
    }

    private static float[] at(TensorState tensor, SparsityPattern pattern) {
        return Entries.of(tensor, tensor.with(pattern, new float[(int) pattern.nnz()]));
    }

    /** From S = 0.5 to 0.4, with the largest gradients at weights that are active already. */
    @Test
    void growsAmongInactiveOnly() {
        ModelState before = new PruneRegrow(0.5, 0, 1).prune(random(4), PruneRegrowTest::isWeight);
        TensorState weights = before.tensor("fc.weight");
        float[] gradient = new float[400];
        weights.pattern().forEach((row, col, position) -> gradient[row * 40 + col] = 1000);
        ModelState gradients = new ModelState(List.of(
                TensorState.dense("conv.weight", new int[] {8, 4, 3, 3}, new float[288]),
                TensorState.dense("fc.weight", new int[] {10, 40}, gradient)));

        ModelState after = new PruneRegrow(0.4, 0, 1).adjust(before, gradients, PruneRegrowTest::isWeight, 5);

        assertThat(after.tensor("fc.weight").nnz()).isGreaterThan(weights.nnz());
        assertThat(after.tensor("fc.weight").pattern().containsAll(weights.pattern()))
                .isTrue();
    }

    @Test
    void atTheEndNothingIsExchanged() {
        PruneRegrow rule = new PruneRegrow(0.8, 0.5, 10);
        ModelState before = rule.prune(random(5), PruneRegrowTest::isWeight);

        assertThat(rule.adjust(before, random(6), PruneRegrowTest::isWeight, 10)).isEqualTo(before);
    }

    @Test
    void refusesValuesOutOfRange() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PruneRegrow(1, 0.5, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> new PruneRegrow(0.5, 1.5, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> new PruneRegrow(0.5, 0.5, 0));
    }
}
