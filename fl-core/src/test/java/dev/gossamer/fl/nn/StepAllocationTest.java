package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.check.CheckedBackend;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A step's cost this side of the API, its checks included: the calls that it makes and nothing on the heap. */
class StepAllocationTest {

    private static final int BATCH = 8;
    private static final int MANY = 1000;

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void stepsAllocateNothing() {
        IdleBackend idle = new IdleBackend();
        try (CheckedBackend backend = new CheckedBackend(idle);
                Workspace workspace = backend.workspace(1)) {
            Network network = new Network(workspace, Models.mlp(30, 20, 10, 4));
            Samples samples = Fixtures.samples(workspace, new byte[BATCH * 30], new byte[BATCH], 30);
            MemorySegment order = MemorySegment.ofArray(new int[MANY * BATCH]);
            try (TrainingSession session = new TrainingSession(
                    network, samples, PixelTransform.scale(1f / 256), BATCH, MANY * BATCH, Sgd.PLAIN)) {
                session.begin(0.1f);
                session.trainEpoch(order, MANY * BATCH);
                long before = idle.calls;
                long fewSteps = allocatedBy(() -> session.trainEpoch(order, 2 * BATCH));
                long manySteps = allocatedBy(() -> session.trainEpoch(order, MANY * BATCH));

                // The smallest object has 16 bytes; the JVM itself may allocate a few of its own now and then.
                assertThat(manySteps - fewSteps).isLessThan(MANY);
                // Batch, 3 forward, loss, 3 weight and bias gradients, 2 input gradients (none for the data), update.
                assertThat(idle.calls - before).isEqualTo((MANY + 2) * (1 + 3 + 1 + 3 * 2 + 2 + 1));
            }
        }
    }

    private long allocatedBy(Runnable work) {
        long before = memory.getCurrentThreadAllocatedBytes();
        work.run();
        return memory.getCurrentThreadAllocatedBytes() - before;
    }
}
