package dev.gossamer.fl.nn;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.check.CheckedBackend;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.nn.PoolSpec.Kind;
import dev.gossamer.fl.sparsity.DensityRule;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A step's cost this side of the API, its checks included: the calls that it makes and nothing on the heap. */
class StepAllocationTest {

    private static final int BATCH = 8;
    private static final int MANY = 1000;

    /** The JVM itself allocates now and then, as when it compiles; a step that allocates does so in every epoch. */
    private static final int EPOCHS = 5;

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void stepsAllocateNothing() {
        // Batch, 3 forward, loss, 3 weight and bias gradients, 2 input gradients (none for the data), update.
        check(Models.mlp(30, 20, 10, 4), 1 + 3 + 1 + 3 * 2 + 2 + 1);
    }

    @Test
    void convolutionalStepsAllocateNothing() {
        ModelSpec spec = new ModelSpec(
                "all kinds",
                new Shape(1, 5, 6, 1),
                List.of(
                        new ConvSpec("conv", 3, 3, 1, 1, true, Activation.RELU),
                        new PoolSpec("max", Kind.MAX, Window.square(2)),
                        BatchNormSpec.keras("bn", Activation.IDENTITY),
                        new ResidualBlockSpec("same", 3, 1),
                        new ResidualBlockSpec("projected", 4, 2),
                        new PoolSpec("average", Kind.AVERAGE, null),
                        new DropoutSpec("dropout", 0.5f),
                        new LinearSpec("fc", 4, Activation.IDENTITY)));

        int forward = 1 + 1 + 1 + 4 + 6 + 1 + 1 + 1;
        // Two gradients of conv and fc, three products' input and weight gradients in the second block, two in the
        // first.
        int backward = 2 + 1 + 1 + (2 + 2 * 2) + (3 + 3 * 2) + 1 + 1 + 3;
        check(spec, 1 + forward + 1 + backward + 1 + 1);
    }

    /** Where densities follow momentum, between two looks at it. */
    @Test
    void stepsThatSelectAllocateNothing() {
        ModelSpec spec = new ModelSpec(
                "conv",
                new Shape(1, 5, 6, 1),
                List.of(
                        new ConvSpec("conv", 3, 3, 1, 1, true, Activation.RELU),
                        new LinearSpec("fc", 4, Activation.IDENTITY)));
        // Batch, two selections and a product forward in each layer, loss; weights, bias, one input gradient; update.
        int calls = 1 + 2 * 3 + 1 + 2 * 2 + 1 + 1;
        SparseTraining training = SparseTraining.swat(DensityRule.MOMENTUM, 0.2, MANY);
        check(spec, calls, new Sgd(0.9f, false, 0, 0), training);
    }

    private void check(ModelSpec spec, int calls) {
        check(spec, calls, Sgd.PLAIN, SparseTraining.NONE);
    }

    /**
     * Runs many steps.
     *
     * @param calls ops of a step
     */
    private void check(ModelSpec spec, int calls, Sgd rule, SparseTraining training) {
        IdleBackend idle = new IdleBackend();
        try (CheckedBackend backend = new CheckedBackend(idle);
                Workspace workspace = backend.workspace(1)) {
            Network network = new Network(workspace, spec);
            Samples samples = Fixtures.samples(workspace, new byte[BATCH * 30], new byte[BATCH], new Shape(1, 5, 6, 1));
            MemorySegment order = MemorySegment.ofArray(new int[MANY * BATCH]);
            try (TrainingSession session = new TrainingSession(
                    network,
                    samples,
                    PixelTransform.scale(1f / 256),
                    Augment.NONE,
                    BATCH,
                    MANY * BATCH,
                    rule,
                    training)) {
                session.begin(0.1f, 0, rule.momentum() == 0 ? null : network.momentum());
                session.trainEpoch(order, MANY * BATCH);
                long before = idle.calls;
                long fewSteps = allocatedBy(() -> session.trainEpoch(order, 2 * BATCH));
                long manySteps = Long.MAX_VALUE;
                for (int epoch = 0; epoch < EPOCHS; epoch++) {
                    manySteps = Math.min(manySteps, allocatedBy(() -> session.trainEpoch(order, MANY * BATCH)));
                }

                // The smallest object has 16 bytes.
                assertThat(manySteps - fewSteps).isLessThan(MANY);
                assertThat(idle.calls - before).isEqualTo((long) (EPOCHS * MANY + 2) * calls);
            }
        }
    }

    private long allocatedBy(Runnable work) {
        long before = memory.getCurrentThreadAllocatedBytes();
        work.run();
        return memory.getCurrentThreadAllocatedBytes() - before;
    }
}
