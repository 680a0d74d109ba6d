package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.nn.EvaluationSession;
import dev.gossamer.fl.nn.Network;
import java.lang.foreign.Arena;

/** A batch through a model on the engine, loss included, on one thread. */
final class EngineInference implements Contender, Queued {

    private final Arena arena = Arena.ofShared();
    private final Workspace workspace;
    private final EvaluationSession session;
    private double loss;

    EngineInference(Backend backend, ModelProblem problem) {
        workspace = backend.workspace(1);
        Network network = new Network(workspace, problem.spec);
        network.load(problem.initial);
        session = new EvaluationSession(
                network, problem.samples(workspace, arena), problem.transform, problem.size.batch());
        run();
    }

    /** Waits for the loss. */
    @Override
    public void run() {
        loss = session.evaluate(0).loss();
    }

    @Override
    public void enqueue(int repetitions) {
        for (int i = 0; i < repetitions; i++) {
            session.enqueue(0);
        }
    }

    @Override
    public void sync() {
        workspace.sync();
    }

    @Override
    public float[] result() {
        return new float[] {(float) loss};
    }

    @Override
    public void close() {
        session.close();
        workspace.close();
        arena.close();
    }
}
