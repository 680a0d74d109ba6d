package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.TrainingSession;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A training step of a model on the engine, on one thread. */
final class EngineTraining implements Contender {

    private final Arena arena = Arena.ofShared();
    private final Workspace workspace;
    private final TrainingSession session;
    private final MemorySegment order;
    private final int batch;
    private final float[] losses = new float[ModelProblem.LOSSES];

    /** Takes the first steps, whose losses are the answer. */
    EngineTraining(Backend backend, ModelProblem problem) {
        batch = problem.size.batch();
        order = arena.allocate(4L * batch, 64);
        for (int i = 0; i < batch; i++) {
            order.setAtIndex(ValueLayout.JAVA_INT, i, i);
        }
        workspace = backend.workspace(1);
        Network network = new Network(workspace, problem.spec);
        network.load(problem.initial);
        session = new TrainingSession(
                network, problem.samples(workspace, arena), problem.transform, batch, batch, Sgd.PLAIN);
        session.begin(ModelProblem.RATE);
        for (int i = 0; i < losses.length; i++) {
            run();
            losses[i] = (float) session.lastEpoch().loss();
        }
    }

    @Override
    public void run() {
        session.trainEpoch(order, batch);
        workspace.sync();
    }

    /** As {@link ModelProblem} says, however many steps followed. */
    @Override
    public float[] result() {
        return losses.clone();
    }

    @Override
    public void close() {
        session.close();
        workspace.close();
        arena.close();
    }
}
