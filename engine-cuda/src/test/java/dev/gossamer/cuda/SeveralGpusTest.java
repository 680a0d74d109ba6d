package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** One backend on several GPUs, which the emulator has: how threads are dealt to them, and that nothing gets mixed up. */
@EnabledIfSystemProperty(named = Emulator.PROPERTY, matches = "true", disabledReason = "needs GPUs of its own making")
class SeveralGpusTest {

    private static final int SIDE = 12;
    private static final int BATCH = 5;

    private Emulator emulator;
    private long retained;

    @BeforeEach
    void plugIn() {
        emulator = Emulator.load();
        emulator.clearErrors();
        emulator.setDevices(3);
        retained = emulator.contextRetains();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(emulator.errors()).isEmpty();
        assertThat(emulator.leaked()).isZero();
        assertThat(emulator.contextRetains()).isEqualTo(retained);
        emulator.setDevices(1);
    }

    @Test
    void threadsAreDealtToTheGpusAndGetTheSameBits() throws Exception {
        try (Backend backend = backend(0, 1, 2)) {
            assertThat(backend.device()).endsWith(", and 2 more like it");
            assertThat(gpus(backend)).as("open before they are needed").isEqualTo(1);
            List<float[]> results = atOnce(5, backend);

            assertThat(gpus(backend)).isEqualTo(3);
            assertThat(results).allSatisfy(result -> assertThat(result).isEqualTo(results.getFirst()));
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    @Test
    void noMoreGpusAreOpenedThanThereAreThreads() throws Exception {
        try (Backend backend = backend(2, 0, 1)) {
            atOnce(2, backend);
            atOnce(2, backend);

            assertThat(gpus(backend)).isEqualTo(2);
        }
    }

    /** As a thread has one current context, and its workspaces are used in any order. */
    @Test
    void theWorkspacesOfAThreadAreOnOneGpu() {
        try (Backend backend = backend(0, 1)) {
            try (Workspace one = backend.workspace(1);
                    Workspace other = backend.workspace(1)) {
                assertThat(product(one)).isEqualTo(product(other));
                assertThat(product(one)).isEqualTo(product(other));
            }
            assertThat(gpus(backend)).isEqualTo(1);
        }
    }

    @Test
    void aThreadThatIsDoneLeavesItsGpuToTheNext() throws Exception {
        try (Backend backend = backend(0, 1)) {
            for (int time = 0; time < 3; time++) {
                atOnce(1, backend);
            }
            assertThat(gpus(backend)).isEqualTo(1);
        }
    }

    @Test
    void oneThatCannotBeOpenedIsGoneWithout() throws Exception {
        emulator.setDevices(1);
        try (Backend backend = backend(0, 1)) {
            atOnce(2, backend);

            assertThat(gpus(backend)).isEqualTo(1);
            assertThat(backend.device()).doesNotContain("more like it");
        }
    }

    private static Backend backend(Integer... gpus) {
        return CudaUnderTest.backend(Map.of(), List.of(gpus));
    }

    private static int gpus(Backend backend) {
        return ((CudaBackend) backend).live().size();
    }

    /** The product in so many threads at a time. */
    private static List<float[]> atOnce(int threads, Backend backend) throws Exception {
        CyclicBarrier all = new CyclicBarrier(threads);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads, Thread.ofPlatform()::unstarted)) {
            List<Future<float[]>> started = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                started.add(pool.submit(() -> product(backend, all)));
            }
            List<float[]> results = new ArrayList<>();
            for (Future<float[]> each : started) {
                results.add(each.get());
            }
            return results;
        }
    }

    /** Waits, with its workspace open, until the others have theirs. */
    private static float[] product(Backend backend, CyclicBarrier all) throws Exception {
        try (Workspace workspace = backend.workspace(1)) {
            all.await();
            return product(workspace);
        }
    }

    /** Of a sparse matrix whose plan workspaces on one GPU share, by a step that is captured the second time it runs. */
    private static float[] product(Workspace workspace) {
        Geometry geometry = Geometry.linear(SIDE, SIDE);
        Space space = workspace.space(geometry);
        workspace.repattern(space, SparsityPattern.fromMask(SIDE, SIDE, (row, col) -> (row + 3 * col) % 5 == 0));
        Values weights = workspace.values(space, Role.THETA);
        workspace.upload(numbers(Math.toIntExact(space.nnz())), weights);
        Tensor x = workspace.tensor(Shape.of(SIDE, BATCH), Layout.NATIVE);
        Tensor y = workspace.tensor(Shape.of(SIDE, BATCH), Layout.NATIVE);
        workspace.upload(numbers(SIDE * BATCH), x);
        Step step = workspace.record(() -> workspace.sparse().spmm(1, weights, x, 0, y));
        for (int time = 0; time < 4; time++) {
            step.run();
        }
        float[] result = new float[SIDE * BATCH];
        workspace.download(y, MemorySegment.ofArray(result));
        return result;
    }

    private static MemorySegment numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i % 7 - 2.5f;
        }
        return MemorySegment.ofArray(numbers);
    }
}
