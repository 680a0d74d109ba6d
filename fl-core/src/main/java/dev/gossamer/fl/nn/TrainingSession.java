package dev.gossamer.fl.nn;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.ops.TrainOps;
import dev.gossamer.fl.codec.ModelState;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Mini-batch SGD on a network: activations, gradients, optimiser state and the recorded steps for one batch size. The last,
 * partial batch of an epoch runs on views of the same memory with a step of its own.
 *
 * <p>One step: next batch, forward, softmax cross-entropy (mean over the batch), backward, update. Weights that are powers
 * (see {@link ModelSpec#power}) are trained through the power: the optimiser sees theta alone. The first layer computes no
 * input gradient. After warm-up a step allocates nothing. Belongs to the thread of the network's workspace.
 */
public final class TrainingSession implements AutoCloseable {

    private final Network network;
    private final Workspace workspace;
    private final Samples samples;
    private final PixelTransform transform;
    private final @Nullable Augmentation augmentation;
    private final Sgd rule;
    private final int batch;
    private final @Nullable GradientSquares squares;
    private final Computation computation;
    private final @Nullable RandomStream stream;
    private final @Nullable Step[] steps;
    private final List<Space> spaces;
    private final Order order;
    private final Labels labels;
    private final Cell position;
    private final Cell rate;
    private final Cell lossSum;
    private final Cell correct;
    private final DataOps data;
    private final NnOps nn;
    private final TrainOps train;
    private int trained;

    /** Room for training on the samples as they are. */
    public TrainingSession(
            Network network, Samples samples, PixelTransform transform, int batch, int capacity, Sgd rule) {
        this(network, samples, transform, Augment.NONE, batch, capacity, rule);
    }

    /**
     * Makes room for training.
     *
     * @param samples of the network's workspace, or one around it
     * @param augment how images vary
     * @param batch samples per step
     * @param capacity the longest order that {@link #trainEpoch} is given
     */
    public TrainingSession(
            Network network,
            Samples samples,
            PixelTransform transform,
            Augment augment,
            int batch,
            int capacity,
            Sgd rule) {
        this(network, samples, transform, augment, batch, capacity, rule, null);
    }

    /**
     * The same, with sums of squared gradients.
     *
     * @param squares what every step adds to, or null
     */
    public TrainingSession(
            Network network,
            Samples samples,
            PixelTransform transform,
            Augment augment,
            int batch,
            int capacity,
            Sgd rule,
            @Nullable GradientSquares squares) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be at least 1, got " + batch);
        }
        this.network = network;
        this.workspace = network.workspace().child();
        this.samples = samples;
        this.transform = transform;
        this.rule = rule;
        this.batch = batch;
        this.squares = squares;
        this.computation = squares == null
                ? new Computation(workspace, network, batch, true)
                : new Computation(workspace, network, batch, squares.derivatives());
        this.augmentation = augment == Augment.NONE
                ? null
                : new Augmentation(augment.padding(), augment.flips(), computation.stream(), computation.site());
        this.stream = computation.streamOrNull();
        this.steps = new Step[batch + 1];
        this.spaces = network.trained().stream().map(Parameter::space).toList();
        this.order = workspace.order(capacity);
        this.labels = workspace.labels(batch);
        this.position = workspace.cell(0);
        this.rate = workspace.cell(0);
        this.lossSum = workspace.cell(0);
        this.correct = workspace.cell(0);
        this.data = workspace.data();
        this.nn = workspace.nn();
        this.train = workspace.train();
    }

    /** Starts a client whose dropout and augmentation draw from stream 0. */
    public void begin(float learningRate) {
        begin(learningRate, 0);
    }

    /**
     * Starts a client: forgets what the optimiser remembers, pulls towards the present parameters, sets the learning rate.
     *
     * @param key of the random numbers that dropout and augmentation draw
     */
    public void begin(float learningRate, long key) {
        begin(learningRate, key, null);
    }

    /**
     * As above, with an optimiser that remembers something.
     *
     * @param momentum of the trained parameters, with their present patterns; null for zeros
     */
    public void begin(float learningRate, long key, @Nullable ModelState momentum) {
        workspace.write(rate, learningRate);
        if (stream != null) {
            workspace.write(stream, key);
        }
        if (momentum != null) {
            network.loadMomentum(momentum);
        }
        for (Parameter parameter : network.trained()) {
            if (rule.momentum() != 0 && momentum == null) {
                workspace.dense().fill(network.workspace().values(parameter.space(), Role.MOMENTUM), 0);
            }
            if (rule.proximal() != 0) {
                workspace.dense().copy(parameter.theta(), network.workspace().values(parameter.space(), Role.ANCHOR));
            }
        }
    }

    /**
     * One pass over samples, in batches.
     *
     * @param sampleNumbers {@code count} ints, in the order to visit
     */
    public void trainEpoch(MemorySegment sampleNumbers, int count) {
        workspace.upload(sampleNumbers, count, order);
        workspace.write(position, 0);
        workspace.write(lossSum, 0);
        workspace.write(correct, 0);
        int full = count / batch;
        if (full > 0) {
            Step step = step(batch);
            for (int i = 0; i < full; i++) {
                step.run();
            }
        }
        if (count % batch != 0) {
            step(count % batch).run();
        }
        trained = count;
    }

    /** Loss and accuracy over the last epoch, each batch as it was before its update. Waits. */
    public Evaluation lastEpoch() {
        return new Evaluation(trained, workspace.read(lossSum), Math.round(workspace.read(correct)));
    }

    /**
     * Memory by formula, next to what is held.
     *
     * @param held bytes that the network and this session hold, as the workspace counts
     */
    public Footprint footprint(long held) {
        List<Long> blocks = computation.blockBytes().stream()
                .sorted(Comparator.reverseOrder())
                .toList();
        long parameters = 0;
        long plans = 0;
        for (Parameter parameter : network.parameters()) {
            parameters += parameter.space().valueBytes();
            plans += parameter.space().planBytes();
        }
        return new Footprint(
                computation.savedBytes(),
                blocks.stream().limit(2).mapToLong(Long::longValue).sum(),
                parameters,
                plans,
                held);
    }

    private Step step(int size) {
        Step step = steps[size];
        if (step == null) {
            Computation.Batch bound = computation.batch(size);
            step = workspace.record(() -> run(bound));
            steps[size] = step;
        }
        return step;
    }

    private void run(Computation.Batch bound) {
        data.batch(samples, transform, augmentation, order, position, bound.input(), labels);
        bound.forward();
        nn.softmaxCrossEntropy(bound.logits(), labels, bound.logitsGradient(), lossSum, correct);
        bound.backward();
        if (squares != null) {
            squares.add();
        }
        network.chainGradients();
        train.sgd(spaces, rate, rule);
        network.refreshWeights();
        if (stream != null) {
            nn.advance(stream);
        }
    }

    @Override
    public void close() {
        workspace.close();
    }
}
