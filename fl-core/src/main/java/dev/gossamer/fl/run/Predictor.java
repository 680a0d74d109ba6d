package dev.gossamer.fl.run;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.fl.data.Split;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.nn.EvaluationSession;
import dev.gossamer.fl.nn.InferenceSession;
import dev.gossamer.fl.nn.Network;

/** What a stored model says about samples. Belongs to the thread that makes it. */
public final class Predictor implements AutoCloseable {

    private final Backend backend;
    private final Workspace workspace;
    private final Network network;
    private final PixelTransform transform;
    private final Shape one;
    private final int classes;

    /**
     * Loads a model.
     *
     * @param threads that share a batch
     */
    public Predictor(Backend backend, int threads, StoredModel model) {
        this.backend = backend;
        this.workspace = backend.workspace(threads);
        this.network = new Network(workspace, model.spec());
        this.transform = new PixelTransform(model.scale(), model.shift());
        this.one = model.one();
        this.classes = model.spec().classes();
        network.load(model.theta());
    }

    private Samples samples(Split split) {
        return workspace.samples(split.images(), split.labels(), split.one(), split.count());
    }

    /** As a run evaluates, so that sums are added in the same order. */
    private int batch(Split split) {
        return EvaluationSession.batch(backend, network.spec(), split.count());
    }

    /** How the model does on samples whose classes are known; they stay in memory until this closes. */
    public Evaluation evaluate(Split split) {
        try (EvaluationSession session = new EvaluationSession(network, samples(split), transform, batch(split))) {
            return session.evaluate();
        }
    }

    /**
     * Answers to images that come while the program runs, as logits; it ends before this does, and belongs to the same thread.
     *
     * @param batch images that come at once, at most
     */
    public InferenceSession session(int batch) {
        return new InferenceSession(network, one, transform, batch);
    }

    /** The softmax of each sample's logits, {@code [count][classes]}; samples stay in memory until this closes. */
    public double[][] probabilities(Split split) {
        float[] logits = new float[Math.multiplyExact(split.count(), classes)];
        try (InferenceSession session = new InferenceSession(network, samples(split), transform, batch(split))) {
            session.logits(0, split.count(), logits);
        }
        double[][] probabilities = new double[split.count()][classes];
        for (int sample = 0; sample < split.count(); sample++) {
            softmax(logits, sample * classes, probabilities[sample]);
        }
        return probabilities;
    }

    /** {@code exp(x - max) / Σ exp(x - max)}, which does not overflow. */
    private static void softmax(float[] logits, int from, double[] probabilities) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < probabilities.length; c++) {
            largest = Math.max(largest, logits[from + c]);
        }
        double sum = 0;
        for (int c = 0; c < probabilities.length; c++) {
            probabilities[c] = Math.exp(logits[from + c] - largest);
            sum += probabilities[c];
        }
        for (int c = 0; c < probabilities.length; c++) {
            probabilities[c] /= sum;
        }
    }

    @Override
    public void close() {
        workspace.close();
    }
}
