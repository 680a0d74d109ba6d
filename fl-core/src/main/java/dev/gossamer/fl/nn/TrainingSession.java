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
import dev.gossamer.fl.data.SplitMix64;
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

    /** Batches that are issued at a time, at most; as many as a CUDA graph of several steps holds. */
    private static final int PAUSE = 8;

    private final Network network;
    private final Workspace workspace;
    private final Samples samples;
    private final PixelTransform transform;
    private final Augment augment;
    private final Sgd rule;
    private final SparseTraining sparse;
    private final int batch;
    private final @Nullable GradientSquares squares;
    private Planned planned;
    private final List<Space> spaces;
    private final Order order;
    private final Labels labels;
    private final Cell position;
    private final Cell rate;
    private final Cell lossSum;
    private final Cell correct;
    private int trained;
    private boolean fresh = true;
    private boolean begun;
    private long key;
    private int layouts;
    private long mostSavedBytes;
    private double flopsPerSample;
    private double flops;

    /** What depends on the shares that layers keep, and memory of its own for it. */
    private final class Planned {

        final SparsePlan plan;
        final Workspace workspace;
        final Computation computation;
        final boolean reusesThresholds;
        final @Nullable Augmentation augmentation;
        final @Nullable RandomStream stream;
        final DataOps data;
        final NnOps nn;
        final TrainOps train;

        /** By batch size; the second of each size reuses thresholds. */
        final @Nullable Step[][] steps = new Step[batch + 1][2];

        Planned(SparsePlan plan) {
            this.plan = plan;
            this.workspace = TrainingSession.this.workspace.child();
            this.computation = squares == null
                    ? new Computation(workspace, network, batch, true, plan)
                    : new Computation(workspace, network, batch, squares.derivatives());
            this.reusesThresholds = computation.reusesThresholds();
            this.augmentation = augment == Augment.NONE
                    ? null
                    : new Augmentation(augment.padding(), augment.flips(), computation.stream(), computation.site());
            this.stream = computation.streamOrNull();
            this.data = workspace.data();
            this.nn = workspace.nn();
            this.train = workspace.train();
        }

        Step step(int size, boolean anew) {
            int kind = anew || !reusesThresholds ? 0 : 1;
            Step step = steps[size][kind];
            if (step == null) {
                Computation.Batch bound = computation.batch(size, kind == 0);
                step = workspace.record(() -> run(bound));
                steps[size][kind] = step;
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
    }

    /** Room for training on the samples as they are. */
    public TrainingSession(
            Network network, Samples samples, PixelTransform transform, int batch, int capacity, Sgd rule) {
        this(network, samples, transform, Augment.NONE, batch, capacity, rule);
    }

    /** Room for training with all that the model's patterns have. */
    public TrainingSession(
            Network network,
            Samples samples,
            PixelTransform transform,
            Augment augment,
            int batch,
            int capacity,
            Sgd rule) {
        this(network, samples, transform, augment, batch, capacity, rule, SparseTraining.NONE);
    }

    /**
     * Makes room for training.
     *
     * @param samples of the network's workspace, or one around it
     * @param augment how images vary
     * @param batch samples per step
     * @param capacity the longest order that {@link #trainEpoch} is given
     * @param sparse what layers keep; shares that are measured are those of the model that is loaded when {@link #begin} is
     *     called
     */
    public TrainingSession(
            Network network,
            Samples samples,
            PixelTransform transform,
            Augment augment,
            int batch,
            int capacity,
            Sgd rule,
            SparseTraining sparse) {
        this(network, samples, transform, augment, batch, capacity, rule, sparse, null);
    }

    /**
     * Makes room for training with all that the model's patterns have, and sums of squared gradients.
     *
     * @param squares what every step adds to
     */
    public TrainingSession(
            Network network,
            Samples samples,
            PixelTransform transform,
            Augment augment,
            int batch,
            int capacity,
            Sgd rule,
            GradientSquares squares) {
        this(network, samples, transform, augment, batch, capacity, rule, SparseTraining.NONE, squares);
    }

    private TrainingSession(
            Network network,
            Samples samples,
            PixelTransform transform,
            Augment augment,
            int batch,
            int capacity,
            Sgd rule,
            SparseTraining sparse,
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
        this.augment = augment;
        this.sparse = sparse;
        this.squares = squares;
        this.planned = new Planned(SparsePlan.of(sparse, network));
        this.spaces = network.trained().stream().map(Parameter::space).toList();
        this.order = workspace.order(capacity);
        this.labels = workspace.labels(batch);
        this.position = workspace.cell(0);
        this.rate = workspace.cell(0);
        this.lossSum = workspace.cell(0);
        this.correct = workspace.cell(0);
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
        if (!(learningRate >= 0) || learningRate == Float.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("learningRate must be a number of at least 0, got " + learningRate);
        }
        this.begun = true;
        this.key = key;
        keep();
        workspace.write(rate, learningRate);
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

    /** Gets ready for what layers keep of the model that is loaded: where shares have changed, memory is laid out anew. */
    private void keep() {
        fresh = true;
        if (sparse.weights().selects()) {
            network.parameters().stream()
                    .filter(parameter -> parameter.spec().kind() == ParameterSpec.Kind.WEIGHT)
                    .forEach(Parameter::densify);
        }
        layouts = 0;
        mostSavedBytes = 0;
        flops = 0;
        follow(SparsePlan.of(sparse, network));
    }

    /** Goes on with what a plan says; its random numbers are of a key of their own. */
    private void follow(SparsePlan plan) {
        if (!plan.equals(planned.plan)) {
            planned.workspace.close();
            planned = new Planned(plan);
        }
        mostSavedBytes = Math.max(mostSavedBytes, planned.computation.savedBytes());
        flopsPerSample = plan.flops(network);
        RandomStream stream = planned.stream;
        if (stream != null) {
            long its = layouts == 0 ? key : SplitMix64.of(key, layouts).nextLong();
            planned.workspace.write(stream, its);
        }
        layouts++;
    }

    /**
     * One pass over samples, in batches.
     *
     * @param sampleNumbers {@code count} ints, in the order to visit
     */
    public void trainEpoch(MemorySegment sampleNumbers, int count) {
        trainEpoch(sampleNumbers, count, () -> {});
    }

    /**
     * As above.
     *
     * @param pause called every {@value #PAUSE} batches or more often; what it throws ends the pass
     */
    public void trainEpoch(MemorySegment sampleNumbers, int count, Runnable pause) {
        if (!begun) {
            throw new IllegalStateException("begin(learningRate) comes before the first epoch: it sets the rate");
        }
        workspace.upload(sampleNumbers, count, order);
        workspace.write(position, 0);
        workspace.write(lossSum, 0);
        workspace.write(correct, 0);
        for (int i = 0, done = 0; done < count; ) {
            pause.run();
            int size = Math.min(batch, count - done);
            boolean anew = anew(i);
            if (anew && sparse.weights().followsMomentum()) {
                follow(planned.plan.byMomentum(sparse, network));
            }
            int times = Math.min(PAUSE, alike(i, anew, (count - done) / size));
            planned.step(size, anew).run(times);
            flops += (double) times * size * flopsPerSample;
            i += times;
            done += times * size;
        }
        trained = count;
    }

    /** Whether thresholds are sought in a batch of the epoch. */
    private boolean anew(int number) {
        boolean first = fresh;
        fresh = false;
        return sparse.period() == SparseTraining.ONCE ? first : number % sparse.period() == 0;
    }

    /** How many batches from that number on, of so many of its size, run the same step. */
    private int alike(int number, boolean anew, int most) {
        if (!planned.reusesThresholds && !sparse.weights().followsMomentum()) {
            return most;
        }
        if (anew && planned.reusesThresholds) {
            return 1;
        }
        return sparse.period() == SparseTraining.ONCE
                ? most
                : Math.min(most, sparse.period() - number % sparse.period());
    }

    /** Loss and accuracy over the last epoch, each batch as it was before its update. Waits. */
    public Evaluation lastEpoch() {
        float[] sums = workspace.read(List.of(lossSum, correct));
        return new Evaluation(trained, sums[0], Math.round(sums[1]));
    }

    /** Floating-point operations of all products that training has taken since {@link #begin}; see {@link TrainingFlops}. */
    public double flops() {
        return flops;
    }

    /** Bytes that the forward pass of a full batch keeps for the backward one, as stored: the most since {@link #begin}. */
    public long savedActivationBytes() {
        return mostSavedBytes;
    }

    /** What layers keep now. */
    SparsePlan plan() {
        return planned.plan;
    }

    /**
     * Memory by formula, next to what is held.
     *
     * @param held bytes that the network and this session hold, as the workspace counts
     */
    public Footprint footprint(long held) {
        Computation computation = planned.computation;
        List<Long> blocks = computation.blockBytes().stream()
                .sorted(Comparator.reverseOrder())
                .toList();
        long parameters = 0;
        long plans = computation.selectedBytes();
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

    @Override
    public void close() {
        workspace.close();
    }
}
