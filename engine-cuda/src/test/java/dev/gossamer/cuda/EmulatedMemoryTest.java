package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.EngineException;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is left when the memory of the GPU runs out in the middle of something. */
class EmulatedMemoryTest {

    private static final long ENOUGH = 2L << 30;

    private final Emulator emulator = Emulator.load();

    @AfterEach
    void giveMemory() {
        emulator.setTotalBytes(ENOUGH);
    }

    @Test
    void aWorkspaceThatCannotOpenHoldsNothing() {
        try (Backend backend = CudaUnderTest.backend()) {
            long streams = emulator.liveStreams();
            long pinned = emulator.pinnedRanges();
            emulator.setTotalBytes(0);
            assertThatThrownBy(() -> backend.workspace(1))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("OUT_OF_MEMORY");
            assertThat(emulator.liveStreams()).isEqualTo(streams);
            assertThat(emulator.pinnedRanges()).isEqualTo(pinned);
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    /** Two roles; the memory suffices for the values of one. */
    @Test
    void aSpaceThatCannotChangeItsPatternKeepsIt() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace workspace = backend.workspace(1)) {
                Space space = workspace.space(Geometry.linear(1024, 1024));
                long[] kept = new long[1024 * 1024 / Long.SIZE];
                kept[0] = 0b1011;
                kept[kept.length - 1] = 1L << 63;
                SparsityPattern pattern = SparsityPattern.fromBits(1024, 1024, kept);
                workspace.repattern(space, pattern);
                Values theta = workspace.values(space, Role.THETA);
                Values gradient = workspace.values(space, Role.GRADIENT);
                workspace.upload(MemorySegment.ofArray(new float[] {1, 2, 3, 4}), theta);
                workspace.upload(MemorySegment.ofArray(new float[] {5, 6, 7, 8}), gradient);
                long held = workspace.allocatedBytes();
                emulator.setTotalBytes(emulator.liveBytes() + 5L * 1024 * 1024);

                assertThatThrownBy(() -> workspace.repattern(space, null))
                        .isInstanceOf(EngineException.class)
                        .hasMessageContaining("OUT_OF_MEMORY");

                assertThat(space.pattern()).isEqualTo(pattern);
                assertThat(space.generation()).isEqualTo(1);
                assertThat(workspace.allocatedBytes()).isEqualTo(held);
                assertThat(read(workspace, theta)).containsExactly(1, 2, 3, 4);
                assertThat(read(workspace, gradient)).containsExactly(5, 6, 7, 8);
                emulator.setTotalBytes(ENOUGH);
                workspace.repattern(space, null);
                assertThat(space.pattern()).isNull();
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    private static float[] read(Workspace workspace, Values values) {
        float[] numbers = new float[4];
        workspace.download(values, MemorySegment.ofArray(numbers));
        return numbers;
    }
}
