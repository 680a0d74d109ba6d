package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is left when the system gives no more memory in the middle of something. */
class CpuMemoryTest {

    private final ScarceArena arena = new ScarceArena();
    private final Backend backend = CpuUnderTest.backend();
    private final CpuWorkspace workspace = new CpuWorkspace((CpuBackend) backend, 1, new Memory(arena));

    @AfterEach
    void close() {
        workspace.close();
        backend.close();
    }

    @Test
    void aShortageSaysHowMuchIsNeededAndHeldAndWhatTakesLess() {
        Memory memory = workspace.memory();
        memory.allocate(1024);
        arena.left = 0;

        assertThatThrownBy(() -> memory.allocate(1_000_000))
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining("no memory for 1,048,576 bytes more")
                .hasMessageContaining("this workspace holds 1,024")
                .hasMessageContaining("--batch")
                .hasCauseInstanceOf(OutOfMemoryError.class);

        assertThat(memory.liveBytes()).isEqualTo(1024);
        arena.left = 1;
        assertThat(memory.allocate(1_000_000).byteSize()).isEqualTo(1_048_576);
    }

    /** Three roles become dense; there is memory for two of them. */
    @Test
    void aSpaceThatCannotChangeItsPatternKeepsIt() {
        long[] kept = new long[128 * 128 / Long.SIZE];
        kept[0] = 0b1011;
        kept[kept.length - 1] = 1L << 63;
        SparsityPattern pattern = SparsityPattern.fromBits(128, 128, kept);
        Space space = workspace.space(Geometry.linear(128, 128));
        workspace.repattern(space, pattern);
        Values theta = filled(space, Role.THETA, 1, 2, 3, 4);
        Values gradient = filled(space, Role.GRADIENT, 5, 6, 7, 8);
        Values velocity = filled(space, Role.MOMENTUM, 9, 10, 11, 12);
        long held = workspace.allocatedBytes();
        arena.left = 2;

        assertThatThrownBy(() -> workspace.repattern(space, null)).isInstanceOf(OutOfDeviceMemoryException.class);

        assertThat(space.pattern()).isEqualTo(pattern);
        assertThat(space.generation()).isEqualTo(1);
        assertThat(workspace.allocatedBytes()).isEqualTo(held);
        assertThat(read(theta, 4)).containsExactly(1, 2, 3, 4);
        assertThat(read(gradient, 4)).containsExactly(5, 6, 7, 8);
        assertThat(read(velocity, 4)).containsExactly(9, 10, 11, 12);
        arena.left = 1; // the two that came are kept
        workspace.repattern(space, null);
        assertThat(space.pattern()).isNull();
        assertThat(read(velocity, 128 * 128)).startsWith(9, 10, 0, 11).endsWith(12);
    }

    /** Roles whose blocks keep their size need one more, not one each. */
    @Test
    void rolesTakeTurnsInBlocksOfOneSize() {
        Space space = workspace.space(Geometry.linear(128, 128));
        Values theta = workspace.values(space, Role.THETA);
        workspace.values(space, Role.GRADIENT);
        workspace.values(space, Role.MOMENTUM);
        long[] all = new long[128 * 128 / Long.SIZE];
        Arrays.fill(all, -1L);
        all[0] = -2L;
        arena.left = 1;

        workspace.repattern(space, SparsityPattern.fromBits(128, 128, all));

        assertThat(space.nnz()).isEqualTo(128 * 128 - 1);
        assertThat(read(theta, 128 * 128 - 1)).containsOnly(0f);
    }

    /** The memory that scratch gave back before it asked for more may be another's by then. */
    @Test
    void scratchThatCouldNotGrowIsNotHandedOutAgain() {
        MemorySegment small = workspace.scratch(Scratch.TILES, 1024);
        arena.left = 0;
        assertThatThrownBy(() -> workspace.scratch(Scratch.TILES, 1 << 20))
                .isInstanceOf(OutOfDeviceMemoryException.class);

        MemorySegment others = workspace.memory().allocate(1024);
        assertThat(others.address()).isEqualTo(small.address());
        arena.left = 1;
        assertThat(workspace.scratch(Scratch.TILES, 1024).address()).isNotEqualTo(others.address());
    }

    private Values filled(Space space, Role role, float... values) {
        Values made = workspace.values(space, role);
        workspace.upload(MemorySegment.ofArray(values), made);
        return made;
    }

    private float[] read(Values values, int count) {
        float[] host = new float[count];
        workspace.download(values, MemorySegment.ofArray(host));
        return host;
    }

    /** Refuses as the JVM does where the system has no memory. */
    private static final class ScarceArena implements Arena {

        private final Arena arena = Arena.ofShared();
        private int left = Integer.MAX_VALUE;

        @Override
        public MemorySegment allocate(long bytes, long alignment) {
            if (left == 0) {
                throw new OutOfMemoryError("Unable to allocate " + bytes + " bytes");
            }
            left--;
            return arena.allocate(bytes, alignment);
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
