package dev.gossamer.fl.nn;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.SplitMix64;
import java.lang.foreign.MemorySegment;

/** A model in training mode on one batch that stays: loss and gradients of any parameters, without an update. */
final class Probe implements AutoCloseable {

    private final Workspace workspace;
    private final Network network;
    private final Computation computation;
    private final Computation.Batch bound;
    private final Labels labels;
    private final Cell lossSum;
    private final Cell correct;
    private final int batch;

    /** Random samples, uniform in (-1, 1), and classes. */
    Probe(Workspace parent, ModelSpec spec, int batch, long seed) {
        this.workspace = parent.child();
        this.network = new Network(workspace, spec);
        this.computation = new Computation(workspace, network, batch, true);
        this.bound = computation.batch(batch);
        this.labels = workspace.labels(batch);
        this.lossSum = workspace.cell(0);
        this.correct = workspace.cell(0);
        this.batch = batch;
        SplitMix64 random = SplitMix64.of(seed, 5);
        float[] x = new float[batch * spec.input().features()];
        for (int i = 0; i < x.length; i++) {
            x[i] = random.nextFloat(-1, 1);
        }
        workspace.upload(MemorySegment.ofArray(x), bound.input());
        int[] classes = new int[batch];
        for (int i = 0; i < batch; i++) {
            classes[i] = random.nextInt(spec.classes());
        }
        workspace.upload(MemorySegment.ofArray(classes), batch, labels);
    }

    /** Mean loss of the batch. */
    double loss(ModelState model) {
        run(model, false);
        return workspace.read(lossSum) / (double) batch;
    }

    ModelState gradients(ModelState model) {
        run(model, true);
        return network.gradients();
    }

    private void run(ModelState model, boolean backward) {
        network.load(model);
        workspace.write(lossSum, 0);
        bound.forward();
        workspace.nn().softmaxCrossEntropy(bound.logits(), labels, bound.logitsGradient(), lossSum, correct);
        if (backward) {
            bound.backward();
        }
    }

    @Override
    public void close() {
        workspace.close();
    }
}
