package dev.gossamer.fl.nn;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Forward passes over a data set in its own order, batch by batch. Each batch's sums are read by themselves, so that the
 * total does not depend on who evaluated which batch. Belongs to the thread of the network's workspace.
 *
 * <p>A batch goes through the model in pieces where its activations would leave the caches between two layers.
 */
public final class EvaluationSession implements AutoCloseable {

    /** Fewer samples would leave vectors and tiles of kernels unfilled. */
    private static final int SMALLEST_PIECE = 32;

    private final Workspace workspace;
    private final Samples samples;
    private final PixelTransform transform;
    private final int batch;
    private final int piece;
    private final Computation computation;
    private final @Nullable Step[] steps;
    private final Order order;
    private final Labels labels;
    private final Cell position;
    private final Cell lossSum;
    private final Cell correct;

    /**
     * Makes room for evaluation.
     *
     * @param samples of the network's workspace, or one around it; at most {@link Order#MAX_CAPACITY}
     * @param batch samples per forward pass
     */
    public EvaluationSession(Network network, Samples samples, PixelTransform transform, int batch) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be at least 1, got " + batch);
        }
        this.workspace = network.workspace().child();
        this.samples = samples;
        this.transform = transform;
        this.batch = batch;
        this.piece = piece(network.spec(), batch, workspace.nearBytes());
        this.computation = new Computation(workspace, network, piece, false);
        this.steps = new Step[piece + 1];
        int count = Math.toIntExact(samples.count());
        this.order = workspace.order(count);
        workspace.upload(MemorySegment.ofArray(IntStream.range(0, count).toArray()), count, order);
        this.labels = workspace.labels(piece);
        this.position = workspace.cell(0);
        this.lossSum = workspace.cell(0);
        this.correct = workspace.cell(0);
    }

    /** Number of batches of the data set. */
    public int batches() {
        return Math.toIntExact((samples.count() + batch - 1) / batch);
    }

    /** Samples that go through the model together: the batch, halved until what a layer reads and writes is near. */
    static int piece(ModelSpec spec, int batch, long nearBytes) {
        long bytes = Float.BYTES * spec.layerFeatures();
        int piece = batch;
        while (piece > SMALLEST_PIECE && piece > nearBytes / bytes) {
            piece = (piece + 1) / 2;
        }
        return piece;
    }

    /** Evaluates batch {@code number}, counted from 0. Waits. */
    public Evaluation evaluate(int number) {
        int end = end(number);
        Evaluation total = Evaluation.NONE;
        for (int from = number * batch; from < end; from += piece) {
            int size = Math.min(piece, end - from);
            issue(from, size);
            total = total.plus(new Evaluation(size, workspace.read(lossSum), Math.round(workspace.read(correct))));
        }
        return total;
    }

    /** Issues what {@link #evaluate} computes of a batch, whose sums stay unread. Waits for nothing. */
    public void enqueue(int number) {
        int end = end(number);
        for (int from = number * batch; from < end; from += piece) {
            issue(from, Math.min(piece, end - from));
        }
    }

    private int end(int number) {
        return (int) Math.min((number + 1L) * batch, samples.count());
    }

    private void issue(int from, int size) {
        workspace.write(position, from);
        workspace.write(lossSum, 0);
        workspace.write(correct, 0);
        step(size).run();
    }

    /** Evaluates the whole data set. Waits. */
    public Evaluation evaluate() {
        Evaluation total = Evaluation.NONE;
        for (int number = 0; number < batches(); number++) {
            total = total.plus(evaluate(number));
        }
        return total;
    }

    /** Bytes that this session holds, as the workspace counts. */
    public long allocatedBytes() {
        return workspace.allocatedBytes();
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
        workspace.data().batch(samples, transform, order, position, bound.input(), labels);
        bound.forward();
        workspace.nn().softmaxCrossEntropy(bound.logits(), labels, null, lossSum, correct);
    }

    @Override
    public void close() {
        workspace.close();
    }
}
