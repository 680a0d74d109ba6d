package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.filled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Guard;
import dev.gossamer.testkit.Structure;
import dev.gossamer.testkit.reference.GatherScatter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Memory, transfers, views, roles, changes of pattern in place, and children. */
public abstract class WorkspaceContract extends BackendContract {

    @Test
    void saysWhatItIs() {
        assertThat(checked().name()).isNotBlank().doesNotContain(" ");
        assertThat(checked().device()).isNotBlank();
        assertThat(checked().tuning()).isNotNull();
    }

    @Test
    void makesEverythingZero() {
        try (Rig rig = rig()) {
            Workspace workspace = rig.workspace();
            for (Layout layout : Layout.values()) {
                Tensor tensor = workspace.tensor(new Shape(3, 2, 2, 17), layout);
                assertThat(tensor.shape()).isEqualTo(new Shape(3, 2, 2, 17));
                assertThat(tensor.layout()).isEqualTo(layout);
                Close.sameBits("a new tensor", rig.read(tensor), new float[12 * 17]);
            }
            Space space = rig.space(5, 7, null);
            for (Role role : Role.values()) {
                Values values = workspace.values(space, role);
                assertThat(values.space()).isSameAs(space);
                assertThat(values.role()).isEqualTo(role);
                Close.sameBits("new values", rig.read(values), new float[35]);
            }
            assertThat(workspace.read(workspace.cell(0.1f))).isEqualTo(0.1f);
        }
    }

    @Test
    void givesBackWhatItGot() {
        cases("round trip", 60, (c, rig) -> {
            int[] size = c.sizes("features, batch", 2, 30_000);
            Layout layout = c.turn("layout", Layout.values());
            float[] numbers = c.values((long) size[0] * size[1]);
            Close.sameBits("tensor", rig.read(rig.tensor(Shape.of(size[0], size[1]), layout, numbers)), numbers);
            int beyond = c.size("beyond", 65);
            Close.sameBits("view", rig.read(rig.tensor(Shape.of(size[0], size[1]), beyond, numbers)), numbers);
            SparsityPattern pattern = c.pattern(size[0], size[1]);
            float[] values = c.values(pattern.nnz());
            Close.sameBits("values", rig.read(rig.matrix(size[0], size[1], pattern, values)), values);
            Close.sameBits("vector", rig.read(rig.vector(numbers.length, null, numbers)), numbers);
            float value = c.scalar("cell");
            Cell cell = rig.cell(0);
            rig.workspace().write(cell, value);
            assertThat(rig.read(cell)).isEqualTo(value);
            Cell other = rig.cell(c.scalar("other cell"));
            assertThat(rig.workspace().read(List.of(other, cell, other)))
                    .containsExactly(rig.read(other), value, rig.read(other));
            assertThat(rig.workspace().read(List.of())).isEmpty();
        });
    }

    @Test
    void overlaidTensorsTakeTheirMemoryOverWithoutTraces() {
        cases("overlay", 30, (c, rig) -> {
            int batch = c.size("batch", 65);
            int part = c.size("part", batch);
            Shape[] shapes = {new Shape(3, 5, 4, batch), Shape.of(70, batch), new Shape(1, 9, 2, batch)};
            List<Tensor> tensors = rig.workspace().overlay(List.of(shapes));
            for (int i : new int[] {0, 1, 2, 0, 2, 1}) {
                Tensor tensor = tensors.get(i);
                assertThat(tensor.shape()).isEqualTo(shapes[i]);
                write(rig, c, tensor);
                write(rig, c, rig.workspace().view(tensor, part));
            }
        });
    }

    /** The read looks at the padding. */
    private static void write(Rig rig, Case c, Tensor tensor) {
        float[] numbers = c.values(tensor.shape().size());
        rig.workspace().upload(MemorySegment.ofArray(numbers), tensor);
        Close.sameBits("overlaid", rig.read(tensor), numbers);
    }

    @Test
    void takesAnyHostSegment() {
        float[] numbers = {1, -2, 3.5f, -0f, 5, 6};
        byte[] unaligned = new byte[1 + 6 * Float.BYTES];
        MemorySegment bytes = MemorySegment.ofArray(unaligned).asSlice(1);
        MemorySegment.copy(MemorySegment.ofArray(numbers), 0, bytes, 0, 6 * Float.BYTES);
        try (Rig rig = rig();
                Arena arena = Arena.ofConfined()) {
            MemorySegment confined = arena.allocate(6 * Float.BYTES).copyFrom(bytes);
            Tensor tensor = rig.workspace().tensor(Shape.of(3, 2), Layout.NATIVE);
            Values values = rig.workspace().values(rig.space(2, 3, null), Role.THETA);
            for (MemorySegment host : new MemorySegment[] {MemorySegment.ofArray(numbers), bytes, confined}) {
                rig.upload(tensor, new float[6]);
                rig.workspace().upload(host, tensor);
                rig.workspace().upload(host, values);
                // The caller may reuse its memory at once.
                byte[] saved = host.toArray(ValueLayout.JAVA_BYTE);
                host.fill((byte) 0);
                Close.sameBits("tensor", rig.read(tensor), floats(saved));
                Close.sameBits("values", rig.read(values), floats(saved));
                rig.workspace().download(tensor, host);
                assertThat(host.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(saved);
            }
        }
    }

    private static float[] floats(byte[] bytes) {
        return MemorySegment.ofArray(bytes).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    @Test
    void viewsShareMemory() {
        try (Rig rig = rig()) {
            Tensor whole = rig.tensor(Shape.of(3, 40), Layout.NATIVE, filled(120, 7));
            Tensor view = rig.workspace().view(whole, 18);
            assertThat(view.shape()).isEqualTo(Shape.of(3, 18));
            Close.sameBits("view", rig.read(view), filled(54, 7));
            rig.upload(view, filled(54, -1));
            float[] all = rig.read(whole);
            for (int i = 0; i < all.length; i++) {
                if (i % 40 < 18) {
                    assertThat(all[i]).as("whole[%s]", i).isEqualTo(-1);
                }
            }
            Tensor inner = rig.workspace().view(view, 5);
            Close.sameBits("view of a view", rig.read(inner), filled(15, -1));
            assertThat(rig.workspace().view(whole, 40).shape()).isEqualTo(whole.shape());
        }
    }

    @Test
    void makesARoleOnce() {
        try (Rig rig = rig()) {
            Space space = rig.space(4, 4, null);
            assertThat(space.has(Role.THETA)).isFalse();
            assertThat(space.valueBytes()).isZero();
            Values theta = rig.values(space, Role.THETA, filled(16, 2));
            assertThat(space.has(Role.THETA)).isTrue();
            assertThat(space.has(Role.MOMENTUM)).isFalse();
            Values again = rig.workspace().values(space, Role.THETA);
            Close.sameBits("the same role", rig.read(again), filled(16, 2));
            rig.upload(again, filled(16, 3));
            Close.sameBits("the first handle", rig.read(theta), filled(16, 3));
            assertThat(space.valueBytes()).isGreaterThanOrEqualTo(16 * Float.BYTES);
        }
    }

    /** Densities on both sides of any switch of storage; every role must follow, and every handle stay valid. */
    @Test
    void repatternsEveryRoleInPlace() {
        cases("repattern", 30, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 4_000);
            Space space = rig.space(size[0], size[1], null);
            Values theta = rig.values(space, Role.THETA, c.values(space.size()));
            Values momentum = rig.values(space, Role.MOMENTUM, c.values(space.size()));
            for (int change = 1; change <= 5; change++) {
                double density = c.pick("density", 0.01, 0.1, 0.25, 0.4, 0.7, 1.0);
                boolean dense = c.pick("dense", true, false, false, false);
                SparsityPattern next = dense ? null : c.random(size[0], size[1], density);
                SparsityPattern before = Rig.entries(space);
                boolean same = Objects.equals(space.pattern(), next);
                float[] wantTheta = moved(rig.read(theta), before, next);
                float[] wantMomentum = moved(rig.read(momentum), before, next);
                long generation = space.generation();

                rig.workspace().repattern(space, next);

                Structure.check(space);
                assertThat(space.pattern()).isEqualTo(next);
                assertThat(space.generation()).isEqualTo(same ? generation : generation + 1);
                assertThat(space.describe()).isNotBlank();
                Close.sameBits("theta", rig.read(theta), wantTheta);
                Close.sameBits("momentum", rig.read(momentum), wantMomentum);
            }
        });
    }

    private static float[] moved(float[] numbers, SparsityPattern before, @Nullable SparsityPattern next) {
        float[] dense = GatherScatter.scatter(before, numbers);
        return GatherScatter.gather(next == null ? SparsityPattern.full(before.rows(), before.cols()) : next, dense);
    }

    /** More entries than any device has threads at once, through every pair of storages that a density leads to. */
    @Test
    void repatternsAMillionEntries() {
        int rows = 1009;
        int cols = 1100;
        try (Rig rig = rig()) {
            Space space = rig.space(rows, cols, null);
            float[] numbers = new float[rows * cols];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = i + 1;
            }
            Values theta = rig.values(space, Role.THETA, numbers);
            // Each asks for every multiple of a number; what a step before it lacked comes back as 0.
            int[] steps = {2, 1, 40, 3, 60, 50, 0, 50, 2, 0};
            for (int step : steps) {
                SparsityPattern next =
                        step == 0 ? null : SparsityPattern.fromMask(rows, cols, (r, c) -> (r * cols + c) % step == 0);
                rig.workspace().repattern(space, next);
                for (int i = 0; step > 1 && i < numbers.length; i++) {
                    numbers[i] = i % step == 0 ? numbers[i] : 0;
                }
                Close.sameBits("every " + step, rig.read(theta), GatherScatter.gather(Rig.entries(space), numbers));
            }
        }
    }

    @Test
    void forgetsTheMomentumOfDeadEntries() {
        try (Rig rig = rig()) {
            Space space = rig.space(2, 40, null);
            Values momentum = rig.values(space, Role.MOMENTUM, filled(80, 5));
            Values anchor = rig.values(space, Role.ANCHOR, filled(80, 6));
            SparsityPattern half = SparsityPattern.fromMask(2, 40, (r, c) -> (r + c) % 2 == 0);
            rig.workspace().repattern(space, half);
            rig.workspace().repattern(space, null);
            Close.sameBits("momentum", rig.read(momentum), GatherScatter.scatter(half, filled(40, 5)));
            Close.sameBits("anchor", rig.read(anchor), GatherScatter.scatter(half, filled(40, 6)));
        }
    }

    @Test
    void storesASparseSpaceSparsely() {
        try (Rig rig = rig()) {
            Space space = rig.space(200, 300, null);
            for (Role role : new Role[] {Role.THETA, Role.GRADIENT, Role.MOMENTUM, Role.ANCHOR}) {
                rig.workspace().values(space, role);
            }
            rig.workspace().repattern(space, SparsityPattern.fromMask(200, 300, (r, c) -> (r * 300 + c) % 100 == 0));
            assertThat(space.nnz()).isEqualTo(600);
            // 16 bytes an entry for four roles, and an alignment of 256 bytes for each.
            assertThat(space.valueBytes()).isBetween(16 * 600L, 16 * 600L + 4 * 256);
        }
    }

    @Test
    void childrenUseWhatTheirParentsOwnAndFreeWhatIsTheirs() {
        try (Rig rig = rig()) {
            Workspace parent = rig.workspace();
            Tensor b = rig.tensor(Shape.matrix(3, 2), Layout.ROW_MAJOR, new float[] {1, 2, 3, 4, 5, 6});
            Values a = rig.matrix(2, 3, null, new float[] {1, 0, 0, 0, 0, 1});
            long before = parent.allocatedBytes();
            try (Workspace child = parent.child();
                    Workspace grandchild = child.child()) {
                Tensor out = grandchild.tensor(Shape.matrix(2, 2), Layout.ROW_MAJOR);
                grandchild.sparse().spmm(1, a, b, 0, out);
                Close.sameBits("out", Guard.download(grandchild, out), new float[] {1, 2, 5, 6});
                child.tensor(Shape.of(1000, 100), Layout.NATIVE);
                assertThat(parent.allocatedBytes()).isGreaterThanOrEqualTo(before + 400_000);
                // Made through a child, but it lives and dies with the space.
                rig.upload(grandchild.values(a.space(), Role.MOMENTUM), filled(6, 9));
            }
            Close.sameBits("a role", rig.read(parent.values(a.space(), Role.MOMENTUM)), filled(6, 9));
            assertThat(parent.allocatedBytes()).isBetween(before, before + 4096);
            Close.sameBits("b", rig.read(b), new float[] {1, 2, 3, 4, 5, 6});
        }
    }

    @Test
    void keepsWorkspacesApart() {
        try (Workspace other = checked().workspace(threads());
                Rig rig = rig();
                Rig theirs = new Rig(other, padding())) {
            Tensor mine = rig.tensor(Shape.of(2, 3), Layout.NATIVE, filled(6, 1));
            theirs.tensor(Shape.of(2, 3), Layout.NATIVE, filled(6, 2));
            Close.sameBits("mine", rig.read(mine), filled(6, 1));
        }
    }
}
