package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.InferenceSession;
import dev.gossamer.fl.nn.Network;
import java.lang.foreign.MemorySegment;

/** A batch through a model on the engine, from pixels to logits on the host. Belongs to the thread that makes it. */
final class EngineServing implements Contender {

    private final Workspace workspace;
    private final InferenceSession session;
    private final MemorySegment images;
    private final float[] logits;
    private final int batch;

    /**
     * Ready to run.
     *
     * @param theta with patterns, or dense with zeros
     * @param threads that share one batch
     */
    EngineServing(Backend backend, ServeProblem problem, ModelState theta, int threads) {
        batch = problem.batch();
        workspace = backend.workspace(threads);
        Network network = new Network(workspace, problem.model().spec());
        network.load(theta);
        session = new InferenceSession(network, problem.model().one(), problem.transform(), batch);
        images = MemorySegment.ofArray(problem.images());
        logits = new float[batch * problem.model().spec().classes()];
    }

    @Override
    public void run() {
        session.logits(images, batch, logits);
    }

    @Override
    public float[] result() {
        return logits.clone();
    }

    @Override
    public void close() {
        session.close();
        workspace.close();
    }
}
