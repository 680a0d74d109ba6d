package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is left when the memory of the GPU runs out in the middle of something. */
class EmulatedMemoryTest {

    /** What the emulator wants for each node of a graph. */
    private static final long NODE = 4096;

    private final Emulator emulator = Emulator.load();

    @AfterEach
    void giveMemory() {
        emulator.setTotalBytes(Emulator.MEMORY);
    }

    @Test
    void aWorkspaceThatCannotOpenHoldsNothing() {
        try (Backend backend = CudaUnderTest.backend()) {
            long streams = emulator.liveStreams();
            long pinned = emulator.pinnedRanges();
            emulator.setTotalBytes(0);
            assertThatThrownBy(() -> backend.workspace(1))
                    .isInstanceOf(OutOfDeviceMemoryException.class)
                    .hasMessageStartingWith(
                            "The memory of the GPU does not suffice for a workspace: 8 bytes, of 0 free ones;");
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
                        .isInstanceOf(OutOfDeviceMemoryException.class)
                        .hasMessageContaining("1024x1024 weights (");

                assertThat(space.pattern()).isEqualTo(pattern);
                assertThat(space.generation()).isEqualTo(1);
                assertThat(workspace.allocatedBytes()).isEqualTo(held);
                assertThat(read(workspace, theta)).containsExactly(1, 2, 3, 4);
                assertThat(read(workspace, gradient)).containsExactly(5, 6, 7, 8);
                emulator.setTotalBytes(Emulator.MEMORY);
                workspace.repattern(space, null);
                assertThat(space.pattern()).isNull();
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    @Test
    void aTensorThatDoesNotFitIsNamedAndTheWorkspaceGoesOn() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace workspace = backend.workspace(1)) {
                long held = workspace.allocatedBytes();
                emulator.setTotalBytes(emulator.liveBytes() + 10_000_000);

                assertThatThrownBy(() -> workspace.tensor(new Shape(64, 32, 32, 128), Layout.NATIVE))
                        .isInstanceOf(OutOfDeviceMemoryException.class)
                        .hasMessageContaining(
                                "a tensor of [64, 32, 32, 128]: 33,554,432 bytes, of 10,000,000 free ones;")
                        .hasMessageContaining(
                                "this program holds %,d, the GPU has %,d.", held, emulator.liveBytes() + 10_000_000)
                        .hasMessageContaining("--batch")
                        .hasMessageContaining("--threads")
                        .hasMessageContaining("nvidia-smi");

                assertThat(workspace.allocatedBytes()).isEqualTo(held);
                Tensor smaller = workspace.tensor(new Shape(64, 32, 32, 32), Layout.NATIVE);
                float[] ones = ones(64 * 32 * 32 * 32);
                workspace.upload(MemorySegment.ofArray(ones), smaller);
                float[] back = new float[ones.length];
                workspace.download(smaller, MemorySegment.ofArray(back));
                assertThat(back).isEqualTo(ones);
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    /** What another stream still has to free is no reason to refuse: the emulator frees when somebody waits. */
    @Test
    void memoryThatIsBeingFreedIsWaitedFor() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace workspace = backend.workspace(1)) {
                emulator.setTotalBytes(emulator.liveBytes() + 10_000_000);
                for (int time = 0; time < 3; time++) {
                    try (Workspace child = workspace.child()) {
                        child.tensor(new Shape(64, 32, 32, 24), Layout.NATIVE);
                    }
                }
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    /** The memory of before was given back for it, and must not be taken for still there. */
    @Test
    void scratchMemoryThatCannotGrowIsAskedForAnew() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace opened = backend.workspace(1)) {
                CudaWorkspace workspace = (CudaWorkspace) opened;
                workspace.scratch(CudaWorkspace.Scratch.PARTIALS, 1000);
                emulator.setTotalBytes(emulator.liveBytes() + 1000);
                assertThatThrownBy(() -> workspace.scratch(CudaWorkspace.Scratch.PARTIALS, 100_000))
                        .isInstanceOf(OutOfDeviceMemoryException.class)
                        .hasMessageContaining("for partial sums: 100,000 bytes");

                DeviceBuffer again = workspace.scratch(CudaWorkspace.Scratch.PARTIALS, 1000);

                assertThat(again.isGone()).isFalse();
                workspace.stream().zero(again);
                workspace.sync();
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    /** Without a graph steps go op by op; with too little for one of several runs, as graphs of one. */
    @Test
    void aStepWithoutMemoryForItsGraphGoesOnAndTriesAgain() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace workspace = backend.workspace(1)) {
                Space space = workspace.space(100);
                Values one = workspace.values(space, Role.GRADIENT);
                Values runs = workspace.values(space, Role.THETA);
                workspace.upload(MemorySegment.ofArray(ones(100)), one);
                workspace.dense().fill(runs, 0);
                Step step = workspace.record(() -> workspace.dense().axpy(1, one, runs));
                step.run();
                emulator.setTotalBytes(emulator.liveBytes() + NODE / 2);
                step.run(5);
                assertThat(step.describe())
                        .isEqualTo(
                                "to be captured as a CUDA graph; run op by op 6 times, captured 0 times, launched 0 times");

                emulator.setTotalBytes(emulator.liveBytes() + NODE);
                step.run(4);
                assertThat(step.describe())
                        .startsWith("a CUDA graph of 1 nodes; ")
                        .contains("captured 1 times");
                step.run(300);
                assertThat(step.describe())
                        .startsWith("a CUDA graph of 1 nodes; ")
                        .contains("captured 1 times");

                float[] back = new float[100];
                workspace.download(runs, MemorySegment.ofArray(back));
                assertThat(back).containsOnly(1 + 5 + 4 + 300);
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    /** What was freed on the stream is not free before the stream comes to it. */
    @Test
    void aGraphWaitsForMemoryThatIsBeingFreed() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace opened = backend.workspace(1)) {
                CudaWorkspace workspace = (CudaWorkspace) opened;
                Values values = workspace.values(workspace.space(100), Role.THETA);
                Step step = workspace.record(() -> workspace.dense().fill(values, 2));
                step.run();
                DeviceBuffer passing = workspace.stream().allocate(100_000, "a test");
                emulator.setTotalBytes(emulator.liveBytes() + NODE / 2);
                passing.close();

                step.run();

                assertThat(step.describe()).startsWith("a CUDA graph of 1 nodes; ");
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    @Test
    void aLibraryThatFindsNoMemoryIsOpenedWhenThereIsSome() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace opened = backend.workspace(1)) {
                CudaWorkspace workspace = (CudaWorkspace) opened;
                DeviceBuffer passing = workspace.stream().allocate(100_000, "a test");
                emulator.setTotalBytes(emulator.liveBytes() + 100);
                assertThatThrownBy(() -> workspace.stream().cublas())
                        .isInstanceOf(OutOfDeviceMemoryException.class)
                        .hasMessageStartingWith(
                                "The memory of the GPU does not suffice to open cuBLAS: of 100 free bytes")
                        .hasMessageContaining("--threads");
                assertThatThrownBy(() -> workspace.stream().cusparse())
                        .isInstanceOf(OutOfDeviceMemoryException.class)
                        .hasMessageContaining("to open cuSPARSE");

                passing.close(); // the pool keeps it until it is told otherwise

                assertThat(workspace.stream().cusparse()).isNotNull();
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    private static float[] ones(int count) {
        float[] numbers = new float[count];
        Arrays.fill(numbers, 1);
        return numbers;
    }

    private static float[] read(Workspace workspace, Values values) {
        float[] numbers = new float[4];
        workspace.download(values, MemorySegment.ofArray(numbers));
        return numbers;
    }
}
