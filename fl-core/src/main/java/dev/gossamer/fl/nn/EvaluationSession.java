package dev.gossamer.fl.nn;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import java.util.List;

/**
 * Forward passes over a data set in its own order, batch by batch. Each batch's sums are read by themselves, so that the
 * total does not depend on who evaluated which batch. Belongs to the thread of the network's workspace.
 *
 * <p>A batch goes through the model in pieces where its activations would leave the caches between two layers.
 */
public final class EvaluationSession implements AutoCloseable {

    /** Samples that are worth a pass, whatever they take. */
    private static final int SMALLEST_BATCH = 256;

    /** Between two layers; what is larger keeps any device busy. */
    private static final long BATCH_BYTES = 64L << 20;

    /** A multiple of what vectors hold. */
    private static final int VECTOR = 32;

    private final Samples samples;
    private final int batch;
    private final ForwardPass pass;
    private final Workspace workspace;
    private final Cell lossSum;
    private final Cell correct;

    /**
     * Makes room for evaluation.
     *
     * @param samples of the network's workspace, or one around it; at most {@link Order#MAX_CAPACITY}
     * @param batch samples per forward pass
     */
    public EvaluationSession(Network network, Samples samples, PixelTransform transform, int batch) {
        this.samples = samples;
        this.batch = batch;
        this.pass = new ForwardPass(network, part -> samples, transform, batch, false, this::compare);
        this.workspace = pass.workspace;
        this.lossSum = workspace.cell(0);
        this.correct = workspace.cell(0);
    }

    /**
     * Samples of a batch where a whole data set is evaluated. The same wherever the same model runs on the same backend, since the
     * sums of a batch are rounded by themselves.
     *
     * @param samples of the data set
     */
    public static int batch(Backend backend, ModelSpec spec, long samples) {
        long fitting = BATCH_BYTES / (Float.BYTES * spec.layerFeatures()) / VECTOR * VECTOR;
        return (int) Math.max(SMALLEST_BATCH, Math.min(Math.min(fitting, samples), backend.bulkBatch()));
    }

    private void compare(Computation.Batch bound) {
        workspace.nn().softmaxCrossEntropy(bound.logits(), pass.labels, null, lossSum, correct);
    }

    /** Number of batches of the data set. */
    public int batches() {
        return Math.toIntExact((samples.count() + batch - 1) / batch);
    }

    /** Evaluates batch {@code number}, counted from 0. Waits. */
    public Evaluation evaluate(int number) {
        int end = end(number);
        Evaluation total = Evaluation.NONE;
        for (int from = number * batch; from < end; from += pass.piece) {
            int size = Math.min(pass.piece, end - from);
            issue(from, size);
            float[] sums = workspace.read(List.of(lossSum, correct));
            total = total.plus(new Evaluation(size, sums[0], Math.round(sums[1])));
        }
        return total;
    }

    /** Issues what {@link #evaluate} computes of a batch, whose sums stay unread. Waits for nothing. */
    public void enqueue(int number) {
        int end = end(number);
        for (int from = number * batch; from < end; from += pass.piece) {
            issue(from, Math.min(pass.piece, end - from));
        }
    }

    private int end(int number) {
        return (int) Math.min((number + 1L) * batch, samples.count());
    }

    private void issue(int from, int size) {
        workspace.write(lossSum, 0);
        workspace.write(correct, 0);
        pass.issue(from, size);
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

    @Override
    public void close() {
        pass.close();
    }
}
