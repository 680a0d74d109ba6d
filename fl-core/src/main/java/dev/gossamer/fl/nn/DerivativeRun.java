package dev.gossamer.fl.nn;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes forward and backward over given samples, batch by batch, that update nothing: what derivatives there are of each
 * batch's mean loss goes where the {@link Derivatives} say.
 */
final class DerivativeRun {

    private final Workspace workspace;
    private final Samples samples;
    private final PixelTransform transform;
    private final int batch;
    private final float perTemperature;
    private final Computation computation;
    private final @Nullable Step[] steps;
    private final Tensor zeros;
    private final Order order;
    private final Labels labels;
    private final Cell position;
    private final Cell lossSum;
    private final Cell correct;

    /**
     * Makes room.
     *
     * @param workspace inside the network's
     * @param capacity the most samples of a call
     */
    DerivativeRun(
            Workspace workspace,
            Network network,
            Samples samples,
            PixelTransform transform,
            int batch,
            int capacity,
            GradientSettings settings,
            Derivatives derivatives) {
        if (batch < 1) {
            throw new IllegalArgumentException("batch must be at least 1, got " + batch);
        }
        this.workspace = workspace;
        this.samples = samples;
        this.transform = transform;
        this.batch = batch;
        this.perTemperature = 1 / settings.temperature();
        this.computation = new Computation(workspace, network, batch, derivatives);
        this.steps = new Step[batch + 1];
        this.zeros = workspace.tensor(Shape.of(network.spec().classes(), batch), Layout.NATIVE);
        this.order = workspace.order(capacity);
        this.labels = workspace.labels(batch);
        this.position = workspace.cell(0);
        this.lossSum = workspace.cell(0);
        this.correct = workspace.cell(0);
    }

    /**
     * Visits samples, in batches of which the last may be smaller.
     *
     * @param afterBatch is told how many samples the batch had
     */
    void each(int[] sampleNumbers, IntConsumer afterBatch) {
        if (sampleNumbers.length == 0) {
            throw new IllegalArgumentException("A mean over samples needs at least one");
        }
        computation.prepare();
        workspace.upload(MemorySegment.ofArray(sampleNumbers), sampleNumbers.length, order);
        workspace.write(position, 0);
        workspace.write(lossSum, 0);
        for (int from = 0; from < sampleNumbers.length; from += batch) {
            int size = Math.min(batch, sampleNumbers.length - from);
            step(size).run();
            afterBatch.accept(size);
        }
    }

    /** The loss of the samples visited last, summed. Waits. */
    double lossSum() {
        return workspace.read(lossSum);
    }

    private Step step(int size) {
        Step step = steps[size];
        if (step == null) {
            Computation.Batch bound = computation.batch(size);
            Tensor none = size == batch ? zeros : workspace.view(zeros, size);
            step = workspace.record(() -> run(bound, none));
            steps[size] = step;
        }
        return step;
    }

    private void run(Computation.Batch bound, Tensor none) {
        NnOps nn = workspace.nn();
        Tensor gradient = Objects.requireNonNull(bound.logitsGradient(), "these passes go backward");
        Stage.Tangents dot = bound.dot();
        workspace.data().batch(samples, transform, null, order, position, bound.input(), labels);
        bound.forward();
        divide(bound.logits(), none);
        nn.softmaxCrossEntropy(bound.logits(), labels, gradient, lossSum, correct);
        if (dot != null) {
            divide(dot.y(), none);
            nn.softmaxCrossEntropyTangent(bound.logits(), dot.y(), dot.gy());
            divide(dot.gy(), none);
        }
        divide(gradient, none);
        bound.backward();
    }

    /** By the temperature, as 0 and a multiple of what is there. */
    private void divide(Tensor tensor, Tensor none) {
        if (perTemperature != 1) {
            workspace.nn().add(none, perTemperature, tensor, null);
        }
    }
}
