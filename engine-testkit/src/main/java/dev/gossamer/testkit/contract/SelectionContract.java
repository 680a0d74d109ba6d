package dev.gossamer.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Structure;
import dev.gossamer.testkit.reference.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code kthMagnitude} and {@code keepTop} over groups of spaces, with many ties. */
public abstract class SelectionContract extends BackendContract {

    /** A group of spaces, their values in one role, and all of these numbers in a row. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as its case
    private record Group(List<Space> spaces, List<Values> values, float[] all) {

        static Group of(Case c, Rig rig, Role role) {
            List<Space> spaces = new ArrayList<>();
            List<Values> values = new ArrayList<>();
            float[] all = {};
            boolean ties = c.pick("ties", true, false);
            for (int i = 0; i < c.turn("members", 1, 2, 4); i++) {
                int[] size = c.sizes("rows, cols", 2, 4_000);
                boolean dense = c.pick("dense", true, false);
                Space space = rig.space(size[0], size[1], dense ? null : c.random(size[0], size[1], 0.6));
                float[] numbers = ties ? c.tiedValues(space.nnz()) : c.values(space.nnz());
                spaces.add(space);
                values.add(rig.values(space, role, numbers));
                int before = all.length;
                all = Arrays.copyOf(all, before + numbers.length);
                System.arraycopy(numbers, 0, all, before, numbers.length);
            }
            return new Group(spaces, values, all);
        }
    }

    @Test
    void findsTheKthMagnitude() {
        cases("kthMagnitude", 60, (c, rig) -> {
            Group group = Group.of(c, rig, Role.THETA);
            int n = group.all.length;
            for (int k : new int[] {1, n, (n + 1) / 2, 1 + c.random().nextInt(Math.max(1, n))}) {
                if (k >= 1 && k <= n) {
                    MagnitudeSelection.Threshold got = rig.workspace().select().kthMagnitude(group.values, k);
                    assertThat(got).as("k = %s of %s", k, n).isEqualTo(Selection.kthMagnitude(group.all, k));
                }
            }
        });
    }

    @Test
    void keepsExactlyTheLargestOfTheGroup() {
        cases("keepTop", 60, (c, rig) -> {
            Role by = c.turn("by", Role.THETA, Role.GRADIENT);
            Group group = Group.of(c, rig, by);
            Role other = Role.MOMENTUM;
            List<float[]> others = new ArrayList<>();
            List<SparsityPattern> before = new ArrayList<>();
            for (Space space : group.spaces) {
                float[] numbers = c.values(space.nnz());
                others.add(numbers);
                rig.values(space, other, numbers);
                before.add(Rig.entries(space));
            }
            int n = group.all.length;
            int keep = c.pick("keep", 0, n, n / 2, n / 10, c.random().nextInt(n + 1));

            rig.workspace().select().keepTop(group.spaces, by, keep);

            boolean[] kept = Selection.keepTop(group.all, keep);
            int start = 0;
            for (int i = 0; i < group.spaces.size(); i++) {
                member(group.spaces.get(i), before.get(i), kept, start);
                float[] expected = picked(group.all, kept, start, start, others.get(i).length);
                Close.sameBits("values by which was chosen", rig.read(group.values.get(i)), expected);
                Close.sameBits(
                        "another role",
                        rig.read(rig.workspace().values(group.spaces.get(i), other)),
                        picked(others.get(i), kept, start, 0, others.get(i).length));
                start += others.get(i).length;
            }
        });
    }

    private static void member(Space space, SparsityPattern before, boolean[] kept, int start) {
        Structure.check(space);
        SparsityPattern want = SparsityPattern.fromMask(space.rows(), space.cols(), (r, c) -> {
            int p = before.position(r, c);
            return p >= 0 && kept[start + p];
        });
        assertThat(Rig.entries(space)).as("pattern").isEqualTo(want);
    }

    /** Of {@code count} numbers beginning at {@code from}, those whose flag, beginning at {@code flag}, is set. */
    private static float[] picked(float[] numbers, boolean[] kept, int flag, int from, int count) {
        float[] picked = new float[count];
        int size = 0;
        for (int i = 0; i < count; i++) {
            if (kept[flag + i]) {
                picked[size++] = numbers[from + i];
            }
        }
        return Arrays.copyOf(picked, size);
    }

    @Test
    void keepsTheLowerIndexOfEquals() {
        try (Rig rig = rig()) {
            Space first = rig.space(1, 3, null);
            Space second = rig.space(1, 3, null);
            rig.values(first, Role.THETA, new float[] {1, -2, 1});
            rig.values(second, Role.THETA, new float[] {-1, 2, 1});
            rig.workspace().select().keepTop(List.of(first, second), Role.THETA, 4);
            assertThat(Rig.entries(first))
                    .as("pattern")
                    .isEqualTo(SparsityPattern.fromFlatIndices(1, 3, new int[] {0, 1, 2}));
            assertThat(Rig.entries(second)).as("pattern").isEqualTo(SparsityPattern.fromFlatIndices(1, 3, new int[] {1
            }));
        }
    }

    @Test
    void refusesNanAndChangesNothing() {
        try (Rig rig = rig()) {
            Space space = rig.space(1, 3, null);
            Values theta = rig.values(space, Role.THETA, new float[] {1, Float.NaN, 3});
            assertThatThrownBy(() -> rig.workspace().select().kthMagnitude(List.of(theta), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("NaN");
            assertThatThrownBy(() -> rig.workspace().select().keepTop(List.of(space), Role.THETA, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("NaN");
            assertThat(space.generation()).isZero();
            assertThat(space.nnz()).isEqualTo(3);
        }
    }

    @Test
    void refusesCountsOutsideTheGroup() {
        try (Rig rig = rig()) {
            Space space = rig.space(1, 3, null);
            Values theta = rig.values(space, Role.THETA, new float[] {1, 2, 3});
            for (long k : new long[] {0, 4}) {
                assertThatThrownBy(() -> rig.workspace().select().kthMagnitude(List.of(theta), k))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            for (long keep : new long[] {-1, 4}) {
                assertThatThrownBy(() -> rig.workspace().select().keepTop(List.of(space), Role.THETA, keep))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> rig.workspace().select().keepTop(List.of(space), Role.ANCHOR, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ANCHOR");
        }
    }
}
