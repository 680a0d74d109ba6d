package dev.gossamer.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Structure;
import dev.gossamer.testkit.reference.GatherScatter;
import dev.gossamer.testkit.reference.Sparsify;
import org.junit.jupiter.api.Test;

/** {@code sparsify} by threshold and {@code sparsifyTop} by exact count, in both layouts. */
public abstract class SparsifyContract extends BackendContract {

    private static final long WORK = 20_000;

    @Test
    void keepsWhatReachesTheThreshold() {
        cases("sparsify", 50, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, WORK);
            float[] dense = c.tiedValues((long) size[0] * size[1]);
            float threshold = c.pick("threshold", 0f, 0.25f, 0.3f, 0.5f, 0.5000001f, 3f, 4f, Float.POSITIVE_INFINITY);
            Tensor from = matrix(c, rig, size, dense);
            Values target = rig.matrix(size[0], size[1], null, dense.clone());

            rig.workspace().sparse().sparsify(from, threshold, target);

            kept(rig, target, Sparsify.byThreshold(size[0], size[1], dense, threshold), dense);
        });
    }

    @Test
    void keepsExactlyTheLargest() {
        cases("sparsifyTop", 50, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, WORK);
            int all = size[0] * size[1];
            float[] dense = c.pick("ties", true, false) ? c.tiedValues(all) : c.values(all);
            long keep = c.pick(
                    "keep", 0, 1, all, all - 1, all / 10, all / 2, c.random().nextInt(all + 1));
            Tensor from = matrix(c, rig, size, dense);
            Values target = rig.matrix(size[0], size[1], c.pattern(size[0], size[1]));

            rig.workspace().sparse().sparsifyTop(from, keep, target);

            assertThat(target.space().nnz()).isEqualTo(keep);
            kept(rig, target, Sparsify.top(size[0], size[1], dense, keep), dense);
        });
    }

    private static void kept(Rig rig, Values target, SparsityPattern pattern, float[] dense) {
        Structure.check(target.space());
        assertThat(Rig.entries(target.space())).as("pattern").isEqualTo(pattern);
        Close.sameBits("values", rig.read(target), GatherScatter.gather(pattern, dense));
    }

    /** More than 64K elements in rows that end in padding, of one magnitude: the first are kept, and by threshold all. */
    @Test
    void keepsTheFirstOfALargeMatrixOfEquals() {
        cases("large sparsify", 4, (c, rig) -> {
            int[] size = {261, 263};
            float[] dense = new float[261 * 263];
            for (int i = 0; i < dense.length; i++) {
                dense[i] = c.random().nextBoolean() ? 0.75f : -0.75f;
            }
            Tensor from = matrix(c, rig, size, dense);
            Values target = rig.matrix(size[0], size[1], SparsityPattern.empty(size[0], size[1]));
            int keep = c.pick("keep", 1023, 1025, 65_537, dense.length - 1);

            rig.workspace().sparse().sparsifyTop(from, keep, target);
            kept(rig, target, SparsityPattern.fromMask(261, 263, (r, col) -> r * 263 + col < keep), dense);
            rig.workspace().sparse().sparsify(from, 0.75f, target);
            kept(rig, target, SparsityPattern.full(261, 263), dense);
        });
    }

    /** Thresholds beside zeros of both signs, subnormals and infinity; -0 keeps everything, as 0 does. */
    @Test
    void comparesZerosSubnormalsAndInfinities() {
        float subnormal = Float.MIN_VALUE;
        float[] dense = {
            -0f,
            0,
            subnormal,
            -subnormal,
            2 * subnormal,
            -Float.MIN_NORMAL,
            1,
            -Float.MAX_VALUE,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY
        };
        for (float threshold : new float[] {
            0, -0f, subnormal, 2 * subnormal, Float.MIN_NORMAL, Float.MAX_VALUE, Float.POSITIVE_INFINITY
        }) {
            for (Layout layout : Layout.values()) {
                try (Rig rig = rig()) {
                    Tensor from = rig.tensor(Shape.matrix(2, 5), layout, dense);
                    Values target = rig.matrix(2, 5, null, new float[10]);
                    rig.workspace().sparse().sparsify(from, threshold, target);
                    kept(rig, target, Sparsify.byThreshold(2, 5, dense, threshold), dense);
                }
            }
        }
    }

    @Test
    void refusesNanBehindPadding() {
        try (Rig rig = rig()) {
            float[] numbers = new float[70 * 1001];
            numbers[numbers.length - 1] = Float.NaN;
            Values target = rig.matrix(70, 1001, SparsityPattern.empty(70, 1001));
            for (Layout layout : Layout.values()) {
                Tensor dense = rig.tensor(Shape.matrix(70, 1001), layout, numbers);
                for (long keep : new long[] {0, numbers.length}) {
                    assertThatThrownBy(() -> rig.workspace().sparse().sparsifyTop(dense, keep, target))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("NaN");
                }
                assertThatThrownBy(() -> rig.workspace().sparse().sparsify(dense, 0, target))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("NaN");
            }
            assertThat(target.space().nnz()).isZero();
        }
    }

    @Test
    void movesTheOtherRolesLikeAnyChangeOfPattern() {
        try (Rig rig = rig()) {
            Space space = rig.space(2, 3, SparsityPattern.fromFlatIndices(2, 3, new int[] {0, 1, 5}));
            Values theta = rig.values(space, Role.THETA, new float[] {1, 2, 3});
            Values momentum = rig.values(space, Role.MOMENTUM, new float[] {4, 5, 6});
            long generation = space.generation();
            Tensor dense = rig.tensor(Shape.matrix(2, 3), Layout.ROW_MAJOR, new float[] {9, 0.1f, -8, 0, 0, 7});

            rig.workspace().sparse().sparsifyTop(dense, 3, theta);

            assertThat(space.generation()).isEqualTo(generation + 1);
            Close.sameBits("theta", rig.read(theta), new float[] {9, -8, 7});
            Close.sameBits("momentum", rig.read(momentum), new float[] {4, 0, 6});
        }
    }

    @Test
    void refusesNanAndChangesNothing() {
        try (Rig rig = rig()) {
            Values target = rig.matrix(1, 3, null, new float[] {1, 2, 3});
            Tensor dense = rig.tensor(Shape.matrix(1, 3), Layout.ROW_MAJOR, new float[] {1, Float.NaN, 2});
            assertThatThrownBy(() -> rig.workspace().sparse().sparsifyTop(dense, 1, target))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("NaN");
            assertThatThrownBy(() -> rig.workspace().sparse().sparsify(dense, 1, target))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("NaN");
            assertThat(target.space().generation()).isZero();
            Close.sameBits("values", rig.read(target), new float[] {1, 2, 3});
        }
    }

    private static Tensor matrix(Case c, Rig rig, int[] size, float[] numbers) {
        return rig.tensor(Shape.matrix(size[0], size[1]), c.turn("layout", Layout.values()), numbers);
    }
}
