package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Activation;
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
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.testkit.Case;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A training step with all that varies between runs: batches with crop and flip, a convolution, batch norm, max pool, dropout,
 * two linear layers, momentum with look-ahead. Two networks made from the same {@link Start} train alike.
 */
final class StepNetwork {

    static final int BATCH = 21;
    static final int PARTIAL = 6;

    private static final Shape IMAGE = new Shape(3, 8, 8, 1);
    private static final Geometry CONVOLUTION = new Geometry(3, 8, 8, 6, 3, 3, 1, 1);
    private static final Window POOL = Window.square(2);
    private static final int HIDDEN = 24;
    private static final int CLASSES = 5;
    private static final Sgd RULE = new Sgd(0.9f, true, 1e-3f, 0);
    private static final float DROPPED = 0.25f;

    /** Numbers that networks start from. */
    static final class Start {

        final MemorySegment images;
        final MemorySegment classes;
        final int[] visits;
        final Map<String, float[]> parameters = new LinkedHashMap<>();

        Start(Case c, int samples) {
            images = bytes(c, samples * IMAGE.features(), 256);
            classes = bytes(c, samples, CLASSES);
            visits = c.indices(samples, samples);
        }

        private static MemorySegment bytes(Case c, int count, int below) {
            MemorySegment bytes = Arena.ofAuto().allocate(count);
            for (int i = 0; i < count; i++) {
                bytes.set(ValueLayout.JAVA_BYTE, i, (byte) c.random().nextInt(below));
            }
            return bytes;
        }

        float[] parameter(Case c, String name, long count, float size) {
            return parameters.computeIfAbsent(name, n -> {
                float[] numbers = new float[Math.toIntExact(count)];
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = size * (c.random().nextFloat() - 0.5f);
                }
                return numbers;
            });
        }
    }

    private final Rig rig;
    private final Workspace workspace;
    private final Map<String, Space> parameters = new LinkedHashMap<>();
    private final Map<String, Values> thetas = new LinkedHashMap<>();
    private final Map<String, Values> gradients = new LinkedHashMap<>();
    private final Samples samples;
    private final Order order;
    private final Labels labels;
    private final Product convolution;
    private final Product first;
    private final Product second;
    private final BatchNorm norm;
    private final BatchNorm.Saved saved;
    private final RandomStream stream;
    final Cell position;
    final Cell rate;
    private final Cell loss;
    private final Cell correct;

    StepNetwork(Case c, Rig rig, Start start) {
        this.rig = rig;
        this.workspace = rig.workspace();
        Shape pooled = POOL.output(CONVOLUTION.outShape(1));
        Geometry linear = Geometry.linear(pooled, HIDDEN);
        convolution = workspace.product(CONVOLUTION);
        first = workspace.product(linear);
        second = workspace.product(Geometry.linear(HIDDEN, CLASSES));
        parameter(c, start, "convolution", workspace.space(CONVOLUTION), 0.4f);
        parameter(c, start, "gamma", workspace.space(CONVOLUTION.outChannels()), 2);
        parameter(c, start, "beta", workspace.space(CONVOLUTION.outChannels()), 0.5f);
        parameter(c, start, "first", workspace.space(linear), 0.4f);
        parameter(c, start, "bias", workspace.space(HIDDEN), 0.4f);
        parameter(c, start, "second", workspace.space(Geometry.linear(HIDDEN, CLASSES)), 0.4f);
        norm = new BatchNorm(theta("gamma"), theta("beta"), vector(), vector(), 1e-5f, 0.1f);
        saved = new BatchNorm.Saved(vector(), vector());
        samples = workspace.samples(start.images, start.classes, IMAGE, start.visits.length);
        order = workspace.order(start.visits.length);
        workspace.upload(MemorySegment.ofArray(start.visits), start.visits.length, order);
        labels = workspace.labels(BATCH);
        stream = workspace.randomStream();
        position = workspace.cell(0);
        rate = workspace.cell(0.01f);
        loss = workspace.cell(0);
        correct = workspace.cell(0);
    }

    private void parameter(Case c, Start start, String name, Space space, float size) {
        parameters.put(name, space);
        thetas.put(name, rig.values(space, Role.THETA, start.parameter(c, name, space.size(), size)));
        gradients.put(name, workspace.values(space, Role.GRADIENT));
        workspace.values(space, Role.MOMENTUM);
    }

    private Values vector() {
        return workspace.values(workspace.space(CONVOLUTION.outChannels()), Role.THETA);
    }

    Space space(String name) {
        return Objects.requireNonNull(parameters.get(name), name);
    }

    private Values theta(String name) {
        return Objects.requireNonNull(thetas.get(name), name);
    }

    private Values gradient(String name) {
        return Objects.requireNonNull(gradients.get(name), name);
    }

    /** Draws anew from the first step on. */
    void key(long key) {
        workspace.write(stream, key);
    }

    /** All that training changes. */
    Map<String, float[]> state() {
        Map<String, float[]> state = new LinkedHashMap<>();
        parameters.forEach((name, space) -> {
            for (Role role : List.of(Role.THETA, Role.GRADIENT, Role.MOMENTUM)) {
                state.put(role + " of " + name, rig.read(workspace.values(space, role)));
            }
        });
        state.put("running mean", rig.read(norm.runningMean()));
        state.put("running variance", rig.read(norm.runningVariance()));
        state.put("loss, correct and position", new float[] {rig.read(loss), rig.read(correct), rig.read(position)});
        return state;
    }

    /** What layers keep of weights and activations, as in "Sparse Weight Activation Training". */
    final class Selected {

        private final SparseWeights weights = workspace.sparseWeights(CONVOLUTION, CONVOLUTION.size() / 3);
        private final SparseTensor input = workspace.sparseTensor(
                CONVOLUTION.inShape(BATCH), CONVOLUTION.inShape(BATCH).size() / 4);
    }

    /** The tensors of one batch size, and the step over them. */
    final class Session {

        private final Tensor x;
        private final Tensor h;
        private final Tensor gh;
        private final Tensor pooled;
        private final Tensor gPooled;
        private final Tensor hidden;
        private final Tensor gHidden;
        private final Tensor logits;
        private final Tensor gLogits;
        private final Mask positive;
        private final Mask hiddenPositive;
        private final Indices chosen;
        private final @Nullable Selected selected;

        Session(@Nullable Selected selected) {
            this.selected = selected;
            Shape out = CONVOLUTION.outShape(BATCH);
            x = workspace.tensor(CONVOLUTION.inShape(BATCH), Layout.NATIVE);
            h = workspace.tensor(out, Layout.NATIVE);
            gh = workspace.tensor(out, Layout.NATIVE);
            pooled = workspace.tensor(POOL.output(out), Layout.NATIVE);
            gPooled = workspace.tensor(POOL.output(out), Layout.NATIVE);
            hidden = workspace.tensor(Shape.of(HIDDEN, BATCH), Layout.NATIVE);
            gHidden = workspace.tensor(Shape.of(HIDDEN, BATCH), Layout.NATIVE);
            logits = workspace.tensor(Shape.of(CLASSES, BATCH), Layout.NATIVE);
            gLogits = workspace.tensor(Shape.of(CLASSES, BATCH), Layout.NATIVE);
            positive = workspace.mask(out);
            hiddenPositive = workspace.mask(hidden.shape());
            chosen = workspace.indices(pooled.shape());
        }

        /** The first samples of another session's tensors. */
        Session(Session whole, int batch) {
            selected = whole.selected;
            x = workspace.view(whole.x, batch);
            h = workspace.view(whole.h, batch);
            gh = workspace.view(whole.gh, batch);
            pooled = workspace.view(whole.pooled, batch);
            gPooled = workspace.view(whole.gPooled, batch);
            hidden = workspace.view(whole.hidden, batch);
            gHidden = workspace.view(whole.gHidden, batch);
            logits = workspace.view(whole.logits, batch);
            gLogits = workspace.view(whole.gLogits, batch);
            positive = whole.positive;
            hiddenPositive = whole.hiddenPositive;
            chosen = whole.chosen;
        }

        void step() {
            forward();
            backward();
            workspace.train().sgd(List.copyOf(parameters.values()), rate, RULE);
            workspace.nn().advance(stream);
        }

        private void forward() {
            NnOps nn = workspace.nn();
            PixelTransform transform = new PixelTransform(List.of(0.01f, 0.02f, 0.01f), List.of(-1f, -2f, 0f));
            workspace
                    .data()
                    .batch(samples, transform, new Augmentation(1, true, stream, 0), order, position, x, labels);
            if (selected == null) {
                convolution.forward(theta("convolution"), x, 0, h, Epilogue.NONE);
            } else {
                workspace.select().compress(theta("convolution"), selected.weights.capacity(), selected.weights);
                convolution.forward(selected.weights, x, 0, h, Epilogue.NONE);
                long keep = Math.min(selected.input.capacity(), x.shape().size());
                workspace.select().compressAgain(x, keep, selected.input);
            }
            nn.batchNorm(h, norm, saved, null, Activation.RELU, positive, gh);
            nn.maxPool(gh, POOL, pooled, chosen);
            nn.dropout(pooled, DROPPED, stream, 1, 0, pooled, null);
            first.forward(
                    theta("first"), pooled, 0, hidden, new Epilogue(theta("bias"), Activation.RELU, hiddenPositive));
            second.forward(theta("second"), hidden, 0, logits, Epilogue.NONE);
            nn.softmaxCrossEntropy(logits, labels, gLogits, loss, correct);
        }

        private void backward() {
            NnOps nn = workspace.nn();
            second.weightGradient(hidden, gLogits, 0, gradient("second"));
            second.inputGradient(theta("second"), gLogits, 0, gHidden, hiddenPositive);
            first.weightGradient(pooled, gHidden, 0, gradient("first"));
            first.biasGradient(gHidden, 0, gradient("bias"));
            first.inputGradient(theta("first"), gHidden, 0, gPooled, null);
            nn.dropout(gPooled, DROPPED, stream, 1, 0, gPooled, null);
            nn.maxPoolGradient(chosen, POOL, gPooled, 0, gh, positive);
            nn.batchNormGradient(h, norm, saved, gh, 0, gh, null, gradient("gamma"), gradient("beta"));
            if (selected == null) {
                convolution.weightGradient(x, gh, 0, gradient("convolution"));
            } else {
                convolution.weightGradient(selected.input, gh, 0, gradient("convolution"));
            }
        }
    }
}
