package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.TrainingSession;
import dev.gossamer.testkit.reference.ReferenceProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One training step of the MLP 784-128-128-10 at batch 32 on one thread: batch, forward, loss, backward, update. The numbers
 * are of a step; {@code -prof gc} shows what it allocates (nothing). Before timing, one epoch has to leave the parameters
 * that the oracle's epoch leaves.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"
        })
@SuppressWarnings("NullAway.Init") // JMH sets parameters and calls the set-up
public class TrainingStepBenchmark {

    private static final int BATCH = 32;
    private static final int STEPS = 32;
    private static final int SAMPLES = BATCH * STEPS;
    private static final int FEATURES = 784;
    private static final int CLASSES = 10;
    private static final float RATE = 0.02f;

    @Param("auto")
    public String backend;

    /** Of the weights; 1 is the dense model, without any pattern. */
    @Param({"1", "0.1", "0.05", "0.01"})
    public double density;

    private Arena arena;
    private MemorySegment order;
    private Backend opened;
    private Run run;

    /** A network in training, with everything that has to be closed. */
    private record Run(Workspace workspace, Network network, TrainingSession session) implements AutoCloseable {

        @Override
        public void close() {
            session.close();
            workspace.close();
        }
    }

    @Setup(Level.Trial)
    public void setUp() {
        arena = Arena.ofShared();
        order = arena.allocate(4L * SAMPLES, 64);
        for (int i = 0; i < SAMPLES; i++) {
            order.setAtIndex(ValueLayout.JAVA_INT, i, i);
        }
        opened = BackendSetup.open(backend);
        run = start(opened);
        run.session.trainEpoch(order, SAMPLES);
        verify(run.network.state());
    }

    private Run start(Backend on) {
        SplittableRandom random = new SplittableRandom(11);
        MemorySegment images = arena.allocate((long) SAMPLES * FEATURES);
        MemorySegment labels = arena.allocate(SAMPLES);
        for (long i = 0; i < images.byteSize(); i++) {
            images.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(256));
        }
        for (long i = 0; i < SAMPLES; i++) {
            labels.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(CLASSES));
        }
        Workspace workspace = on.workspace(1);
        ModelSpec model = Models.mlp(FEATURES, 128, 128, CLASSES);
        Network network = new Network(workspace, model);
        network.load(pruned(model.initial(3)));
        TrainingSession session = new TrainingSession(
                network,
                workspace.samples(images, labels, new Shape(1, 28, 28, 1), SAMPLES),
                PixelTransform.scale(1f / 255),
                BATCH,
                SAMPLES,
                Sgd.PLAIN);
        session.begin(RATE);
        return new Run(workspace, network, session);
    }

    /** The model with random entries of its weight matrices left; biases stay whole. */
    private ModelState pruned(ModelState dense) {
        return density == 1
                ? dense
                : new ModelState(dense.tensors().stream().map(this::pruned).toList());
    }

    private TensorState pruned(TensorState tensor) {
        int[] shape = tensor.shape();
        if (shape.length == 1) {
            return tensor;
        }
        Patterns.Dims dims = new Patterns.Dims(tensor.rows(), tensor.cols());
        float[] whole = tensor.values();
        SparsityPattern pattern = Patterns.uniform(dims, density, 7);
        float[] values = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((row, col, position) -> values[position] = whole[row * dims.cols() + col]);
        return TensorState.sparse(tensor.name(), shape, pattern, values);
    }

    private void verify(ModelState got) {
        try (Backend oracle = BackendSetup.open(new ReferenceProvider().name());
                Run exact = start(oracle)) {
            exact.session.trainEpoch(order, SAMPLES);
            List<TensorState> wanted = exact.network.state().tensors();
            for (int i = 0; i < wanted.size(); i++) {
                float[] want = wanted.get(i).values();
                float[] have = got.tensors().get(i).values();
                for (int k = 0; k < want.length; k++) {
                    // Rounding stays far below this in 32 small updates; a wrong gradient does not.
                    if (!(Math.abs(have[k] - want[k]) <= 1e-4)) {
                        throw new AssertionError(wanted.get(i).name() + "[" + k + "] after " + STEPS + " steps: got "
                                + have[k] + ", want " + want[k]);
                    }
                }
            }
        }
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        run.close();
        opened.close();
        arena.close();
    }

    @Benchmark
    @OperationsPerInvocation(STEPS)
    public void step() {
        run.session.trainEpoch(order, SAMPLES);
    }
}
