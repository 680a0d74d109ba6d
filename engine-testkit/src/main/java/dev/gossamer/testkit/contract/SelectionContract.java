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

    /**
     * One magnitude throughout, in groups of more than 64K entries: where any scheme of chunks counts ties wrongly, the
     * first of the group are not the kept ones. Stored densely, masked and packed on the usual tuning.
     */
    @Test
    void keepsTheFirstOfALargeGroupOfEquals() {
        cases("large ties", 8, (c, rig) -> {
            List<Space> spaces = List.of(
                    rig.space(300, 129, c.random(300, 129, 0.6)),
                    rig.space(1, 65_600, null),
                    rig.space(129, 300, c.random(129, 300, 0.05)));
            List<SparsityPattern> before = spaces.stream().map(Rig::entries).toList();
            List<Values> values = new ArrayList<>();
            int n = 0;
            for (Space space : spaces) {
                float[] numbers = new float[Math.toIntExact(space.nnz())];
                for (int p = 0; p < numbers.length; p++) {
                    numbers[p] = c.random().nextBoolean() ? 0.75f : -0.75f;
                }
                values.add(rig.values(space, Role.THETA, numbers));
                n += numbers.length;
            }
            int first = Math.toIntExact(spaces.get(0).nnz());
            int keep = c.turn("keep", 1, 1024, 1025, first, first + 1024, first + 65_537, n - 1, n);

            MagnitudeSelection.Threshold got = rig.workspace().select().kthMagnitude(values, keep);
            assertThat(got).isEqualTo(new MagnitudeSelection.Threshold(Float.floatToRawIntBits(0.75f), keep));
            rig.workspace().select().keepTop(spaces, Role.THETA, keep);

            boolean[] kept = new boolean[n];
            Arrays.fill(kept, 0, keep, true);
            int start = 0;
            for (int i = 0; i < spaces.size(); i++) {
                member(spaces.get(i), before.get(i), kept, start);
                start += Math.toIntExact(before.get(i).nnz());
            }
        });
    }

    /** Neighbours in the order of bits, so that the last digit of any radix decides. */
    @Test
    void tellsNeighbouringMagnitudesApart() {
        cases("neighbours", 6, (c, rig) -> {
            float[] numbers = new float[20_000];
            int base = c.turn("first bits", Float.floatToRawIntBits(1) - 150, 0, 0x7f80_0000 - 299);
            for (int i = 0; i < numbers.length; i++) {
                int sign = c.random().nextBoolean() ? Integer.MIN_VALUE : 0;
                numbers[i] = Float.intBitsToFloat((base + c.random().nextInt(300)) | sign);
            }
            Values values = rig.matrix(100, 200, null, numbers);
            int k = 1 + c.random().nextInt(numbers.length);
            assertThat(rig.workspace().select().kthMagnitude(List.of(values), k))
                    .as("k = %s", k)
                    .isEqualTo(Selection.kthMagnitude(numbers, k));
        });
    }

    /** The order is that of the bits: zeros of both signs tie, subnormals are more than zero, infinity is the largest. */
    @Test
    void ordersZerosSubnormalsAndInfinities() {
        float subnormal = Float.MIN_VALUE;
        float largestSubnormal = Math.nextDown(Float.MIN_NORMAL);
        float[] numbers = {
            -0f,
            0,
            subnormal,
            -Float.MIN_NORMAL,
            0,
            -largestSubnormal,
            Float.POSITIVE_INFINITY,
            1,
            -subnormal,
            Float.NEGATIVE_INFINITY,
            -0f,
            -Float.MAX_VALUE,
            Float.MIN_NORMAL,
            largestSubnormal,
            2 * subnormal
        };
        SparsityPattern most = SparsityPattern.fromMask(4, 5, (r, c) -> (r * 5 + c) % 4 != 3);
        SparsityPattern few = SparsityPattern.fromMask(50, 60, (r, c) -> (r * 60 + c) % 200 == 7);
        for (SparsityPattern pattern : new SparsityPattern[] {SparsityPattern.full(3, 5), most, few}) {
            for (int k = 1; k <= numbers.length; k++) {
                try (Rig rig = rig()) {
                    Space space = rig.space(pattern.rows(), pattern.cols(), pattern);
                    Values values = rig.values(space, Role.THETA, numbers);
                    assertThat(rig.workspace().select().kthMagnitude(List.of(values), k))
                            .as("k = %s of %s", k, pattern)
                            .isEqualTo(Selection.kthMagnitude(numbers, k));
                    rig.workspace().select().keepTop(List.of(space), Role.THETA, k);
                    boolean[] kept = Selection.keepTop(numbers, k);
                    member(space, pattern, kept, 0);
                    Close.sameBits("kept values", rig.read(values), picked(numbers, kept, 0, 0, numbers.length));
                }
            }
        }
    }

    @Test
    void refusesNanWhereverItStands() {
        try (Rig rig = rig()) {
            Space first = rig.space(1, 3, null);
            rig.values(first, Role.THETA, new float[] {1, 2, 3});
            for (double density : new double[] {1, 0.6, 0.05}) {
                SparsityPattern pattern = SparsityPattern.fromMask(
                        70, 1000, (r, c) -> (r * 1000 + c) % 100 < 100 * density || r + c == 1068);
                Space space = rig.space(70, 1000, pattern);
                float[] numbers = new float[Math.toIntExact(pattern.nnz())];
                numbers[numbers.length - 1] = Float.intBitsToFloat(0xff80_0001);
                rig.values(space, Role.THETA, numbers);
                for (long keep : new long[] {0, 1, 3 + pattern.nnz()}) {
                    assertThatThrownBy(() -> rig.workspace().select().keepTop(List.of(first, space), Role.THETA, keep))
                            .as("keep %s of %s", keep, pattern)
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("NaN");
                }
                assertThat(first.nnz()).isEqualTo(3);
                assertThat(space.pattern()).isEqualTo(pattern);
            }
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
