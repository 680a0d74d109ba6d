package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.check.CheckedBackend;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A warm training step of a two-layer network allocates nothing, and a sparse parameter is stored in at most 16 bytes per
 * nonzero: theta, gradient and momentum, padding included.
 */
class StepAllocationTest {

    private static final int PIXELS = 784;
    private static final int HIDDEN = 128;
    private static final int BATCH = 32;
    private static final int COUNT = 320;

    /** Enough for C2 on a busy machine; a step that still allocates then always will. */
    private static final int MOST_EPOCHS = 4_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.5, 0.05, 0.01})
    void aWarmStepAllocatesNothing(double density) {
        try (Arena arena = Arena.ofConfined();
                Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(1, TuningTable.EMPTY)));
                Workspace workspace = backend.workspace(1)) {
            allocatesNothing(new Network(workspace, arena, density)::epoch);
        }
    }

    @Test
    void warmLayersOfAConvolutionalNetworkAllocateNothing() {
        try (Arena arena = Arena.ofConfined();
                Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(1, TuningTable.EMPTY)));
                Workspace workspace = backend.workspace(1)) {
            allocatesNothing(new Layers(workspace, arena)::epoch);
        }
    }

    /** SWAT: weights and saved activations selected in every step, by search and by the threshold of before. */
    @Test
    void aWarmStepWithSelectionsAllocatesNothing() {
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(1, TuningTable.EMPTY)));
                Workspace workspace = backend.workspace(1)) {
            allocatesNothing(new Selections(workspace)::epoch);
        }
    }

    /** Every op ends with clearing the lanes that the batch leaves. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 21})
    void aWarmPartialBatchAllocatesNothing(int batch) {
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(1, TuningTable.EMPTY)));
                Workspace workspace = backend.workspace(1)) {
            Space weights = weights(workspace, PIXELS, HIDDEN, 0.05);
            Values theta = workspace.values(weights, Role.THETA);
            Product product = workspace.product(Geometry.linear(PIXELS, HIDDEN));
            Tensor x = workspace.tensor(Shape.of(PIXELS, batch), Layout.NATIVE);
            Tensor y = workspace.tensor(Shape.of(HIDDEN, batch), Layout.NATIVE);
            Epilogue relu = new Epilogue(null, Activation.RELU, null);
            Step step = workspace.record(() -> product.forward(theta, x, 0, y, relu));
            Cell position = workspace.cell(0);

            allocatesNothing(() -> allocated(workspace, position, step));
        }
    }

    private static void allocatesNothing(LongSupplier epochs) {
        long allocated = -1;
        for (int epoch = 0; epoch < MOST_EPOCHS && allocated != 0; epoch++) {
            allocated = epochs.getAsLong();
        }
        assertThat(allocated).as("bytes in an epoch of %s steps", COUNT / BATCH).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.05, 0.01})
    void aParameterTakesSixteenBytesPerNonzero(double density) {
        try (Backend backend = new CheckedBackend(CpuBackend.open(new BackendOptions(1, TuningTable.EMPTY)));
                Workspace workspace = backend.workspace(1)) {
            Space space = weights(workspace, PIXELS, HIDDEN, density);
            for (Role role : List.of(Role.THETA, Role.GRADIENT, Role.MOMENTUM)) {
                assertThat(workspace.values(space, role)).isNotNull();
            }
            assertThat(space.valueBytes()).isBetween(12 * space.nnz(), 16 * space.nnz());
        }
    }

    private static Space weights(Workspace workspace, int in, int out, double density) {
        Space space = workspace.space(Geometry.linear(in, out));
        if (density < 1) {
            workspace.repattern(
                    space,
                    SparsityPattern.fromMask(
                            out, in, (row, col) -> new SplittableRandom(row * 1000L + col).nextDouble() < density));
        }
        return space;
    }

    /** Bytes that the steps of one epoch allocate. */
    private static long allocated(Workspace workspace, Cell position, Step step) {
        workspace.write(position, 0);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < COUNT / BATCH; i++) {
            step.run();
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /** 784-128-10 with ReLU, momentum SGD and every op that a step of it uses. */
    private static final class Network {

        private final Workspace workspace;
        private final Cell position;
        private final Step step;

        Network(Workspace workspace, Arena arena, double density) {
            this.workspace = workspace;
            this.position = workspace.cell(0);
            Cell loss = workspace.cell(0);
            Cell correct = workspace.cell(0);
            Cell rate = workspace.cell(0.01f);
            MemorySegment images = arena.allocate((long) COUNT * PIXELS);
            for (long i = 0; i < images.byteSize(); i++) {
                images.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
            }
            Samples samples = workspace.samples(images, arena.allocate(COUNT), new Shape(1, 28, 28, 1), COUNT);
            Order order = workspace.order(COUNT);
            int[] ascending = new int[COUNT];
            for (int i = 0; i < COUNT; i++) {
                ascending[i] = i;
            }
            workspace.upload(MemorySegment.ofArray(ascending), COUNT, order);
            Labels labels = workspace.labels(BATCH);
            PixelTransform transform = PixelTransform.scale(1 / 256f);
            Tensor x = workspace.tensor(Shape.of(PIXELS, BATCH), Layout.NATIVE);
            Tensor h = workspace.tensor(Shape.of(HIDDEN, BATCH), Layout.NATIVE);
            Tensor gh = workspace.tensor(Shape.of(HIDDEN, BATCH), Layout.NATIVE);
            Tensor y = workspace.tensor(Shape.of(10, BATCH), Layout.NATIVE);
            Mask mask = workspace.mask(h.shape());
            Product first = workspace.product(Geometry.linear(PIXELS, HIDDEN));
            Product second = workspace.product(Geometry.linear(HIDDEN, 10));
            Space w1 = weights(workspace, PIXELS, HIDDEN, density);
            Space w2 = weights(workspace, HIDDEN, 10, density);
            Space b1 = workspace.space(HIDDEN);
            List<Space> all = List.of(w1, w2, b1);
            for (Space space : all) {
                workspace.values(space, Role.MOMENTUM);
            }
            Values theta1 = random(w1);
            Values theta2 = random(w2);
            Values g1 = workspace.values(w1, Role.GRADIENT);
            Values g2 = workspace.values(w2, Role.GRADIENT);
            Values gb = workspace.values(b1, Role.GRADIENT);
            Epilogue hidden = new Epilogue(workspace.values(b1, Role.THETA), Activation.RELU, mask);
            Sgd rule = new Sgd(0.5f, false, 0, 0);
            this.step = workspace.record(() -> {
                workspace.data().batch(samples, transform, order, position, x, labels);
                first.forward(theta1, x, 0, h, hidden);
                second.forward(theta2, h, 0, y, Epilogue.NONE);
                workspace.nn().softmaxCrossEntropy(y, labels, y, loss, correct);
                second.weightGradient(h, y, 0, g2);
                second.inputGradient(theta2, y, 0, gh, mask);
                first.weightGradient(x, gh, 0, g1);
                first.biasGradient(gh, 0, gb);
                workspace.train().sgd(all, rate, rule);
            });
        }

        private Values random(Space space) {
            float[] numbers = new float[(int) space.nnz()];
            SplittableRandom random = new SplittableRandom(7);
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) random.nextDouble(-0.05, 0.05);
            }
            Values values = workspace.values(space, Role.THETA);
            workspace.upload(MemorySegment.ofArray(numbers), values);
            return values;
        }

        long epoch() {
            return allocated(workspace, position, step);
        }
    }

    /** Every layer that is no product, forward and backward, behind an augmented batch. */
    private static final class Layers {

        private static final int CHANNELS = 3;

        private final Workspace workspace;
        private final Cell position;
        private final Step step;

        Layers(Workspace workspace, Arena arena) {
            this.workspace = workspace;
            this.position = workspace.cell(0);
            Shape one = new Shape(CHANNELS, 8, 8, 1);
            Samples samples =
                    workspace.samples(arena.allocate((long) COUNT * one.features()), arena.allocate(COUNT), one, COUNT);
            Order order = workspace.order(COUNT);
            Labels labels = workspace.labels(BATCH);
            PixelTransform transform =
                    new PixelTransform(Collections.nCopies(CHANNELS, 1 / 256f), Collections.nCopies(CHANNELS, -0.5f));
            RandomStream stream = workspace.randomStream();
            Augmentation augmentation = new Augmentation(2, true, stream, 1);
            Window two = Window.square(2);
            Shape shape = one.withBatch(BATCH);
            Tensor x = workspace.tensor(shape, Layout.NATIVE);
            Tensor y = workspace.tensor(shape, Layout.NATIVE);
            Tensor gx = workspace.tensor(shape, Layout.NATIVE);
            Tensor pooled = workspace.tensor(two.output(shape), Layout.NATIVE);
            Tensor averaged = workspace.tensor(two.output(pooled.shape()), Layout.NATIVE);
            Indices chosen = workspace.indices(pooled.shape());
            Mask mask = workspace.mask(shape);
            BatchNorm norm = new BatchNorm(channels(), channels(), channels(), channels(), 1e-5f, 0.1f);
            BatchNorm.Saved saved = new BatchNorm.Saved(channels(), channels());
            Values gGamma = channels();
            Values gBeta = channels();
            this.step = workspace.record(() -> {
                NnOps nn = workspace.nn();
                workspace.data().batch(samples, transform, augmentation, order, position, x, labels);
                nn.batchNorm(x, norm, saved, gx, Activation.RELU, mask, y);
                nn.maxPool(y, two, pooled, chosen);
                nn.averagePool(pooled, two, averaged);
                nn.dropout(averaged, 0.5f, stream, 0, 0, averaged, null);
                nn.averagePoolGradient(two, averaged, 0, pooled, null);
                nn.maxPoolGradient(chosen, two, pooled, 0, gx, mask);
                nn.add(x, 1, gx, mask);
                nn.batchNormGradient(x, norm, saved, gx, 0, gx, null, gGamma, gBeta);
                nn.batchNormInference(x, norm, null, Activation.IDENTITY, y);
                nn.advance(stream);
            });
        }

        private Values channels() {
            return workspace.values(workspace.space(CHANNELS), Role.THETA);
        }

        long epoch() {
            return allocated(workspace, position, step);
        }
    }

    /** A convolution and a linear layer over its plane, large enough for a sample. */
    private static final class Selections {

        private static final Geometry CONV = new Geometry(16, 12, 12, 8, 3, 3, 1, 1);
        private static final Geometry LINEAR = Geometry.linear(CONV.outShape(1), 12);

        private final Workspace workspace;
        private final Cell position;
        private final Step step;
        private final SplittableRandom random = new SplittableRandom(3);

        Selections(Workspace workspace) {
            this.workspace = workspace;
            this.position = workspace.cell(0);
            Tensor x = random(workspace.tensor(CONV.inShape(BATCH), Layout.NATIVE));
            Tensor h = workspace.tensor(CONV.outShape(BATCH), Layout.NATIVE);
            Tensor y = workspace.tensor(LINEAR.outShape(BATCH), Layout.NATIVE);
            Tensor gh = workspace.tensor(CONV.outShape(BATCH), Layout.NATIVE);
            Tensor gx = workspace.tensor(CONV.inShape(BATCH), Layout.NATIVE);
            Product conv = workspace.product(CONV);
            Product linear = workspace.product(LINEAR);
            Mask mask = workspace.mask(h.shape());
            Values w1 = random(workspace.space(CONV));
            Values w2 = random(workspace.space(LINEAR));
            Values g1 = workspace.values(w1.space(), Role.GRADIENT);
            Values g2 = workspace.values(w2.space(), Role.GRADIENT);
            SparseWeights s1 = workspace.sparseWeights(CONV, CONV.size() / 8);
            SparseWeights s2 = workspace.sparseWeights(LINEAR, LINEAR.size() / 10);
            SparseTensor x1 = workspace.sparseTensor(x.shape(), x.shape().size() / 8);
            SparseTensor x2 = workspace.sparseTensor(h.shape(), h.shape().size() / 10);
            Epilogue relu = new Epilogue(null, Activation.RELU, mask);
            this.step = workspace.record(() -> {
                for (int i = 0; i < 2; i++) {
                    if (i == 0) {
                        workspace.select().compress(w1, CONV.size() / 10, s1);
                        workspace.select().compress(x, x.shape().size() / 10, x1);
                    } else {
                        workspace.select().compressAgain(w1, CONV.size() / 10, s1);
                        workspace.select().compressAgain(x, x.shape().size() / 10, x1);
                    }
                    conv.forward(s1, x, 0, h, relu);
                    workspace.select().compress(w2, LINEAR.size() / 10, s2);
                    workspace.select().compress(h, h.shape().size() / 10, x2);
                    linear.forward(s2, h, 0, y, Epilogue.NONE);
                    linear.weightGradient(x2, y, 0, g2);
                    linear.inputGradient(s2, y, 0, gh, mask);
                    conv.weightGradient(x1, gh, 0, g1);
                    conv.inputGradient(s1, gh, 0, gx, null);
                    workspace.dense().axpy(-1e-6f, g1, w1);
                }
            });
        }

        private Tensor random(Tensor tensor) {
            workspace.upload(MemorySegment.ofArray(numbers(tensor.shape().size())), tensor);
            return tensor;
        }

        private Values random(Space space) {
            Values values = workspace.values(space, Role.THETA);
            workspace.upload(MemorySegment.ofArray(numbers(space.nnz())), values);
            return values;
        }

        private float[] numbers(long count) {
            float[] numbers = new float[(int) count];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) random.nextDouble(-0.5, 0.5);
            }
            return numbers;
        }

        long epoch() {
            return allocated(workspace, position, step);
        }
    }
}
