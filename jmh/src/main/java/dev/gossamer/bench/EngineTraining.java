package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.nn.TrainingSession;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A training step of a model on the engine, on one thread. */
final class EngineTraining implements Contender, Queued {

    /** Steps of an epoch, whose order is handed over at once. */
    private static final int EPOCH = 128;

    private final Arena arena = Arena.ofShared();
    private final Workspace workspace;
    private final TrainingSession session;
    private final MemorySegment order;
    private final int batch;
    private final float[] losses = new float[ModelProblem.LOSSES];

    /** Trains with all that the model's patterns have, and takes the first steps, whose losses are the answer. */
    EngineTraining(Backend backend, ModelProblem problem) {
        this(backend, problem, SparseTraining.NONE);
    }

    /**
     * Takes the first steps, whose losses are the answer.
     *
     * @param sparse what layers keep
     */
    EngineTraining(Backend backend, ModelProblem problem, SparseTraining sparse) {
        batch = problem.size.batch();
        order = arena.allocate((long) EPOCH * batch * Integer.BYTES, 64);
        for (int i = 0; i < EPOCH * batch; i++) {
            order.setAtIndex(ValueLayout.JAVA_INT, i, i % batch);
        }
        workspace = backend.workspace(1);
        Network network = new Network(workspace, problem.spec);
        network.load(problem.initial);
        session = new TrainingSession(
                network,
                problem.samples(workspace, arena),
                problem.transform,
                Augment.NONE,
                batch,
                EPOCH * batch,
                Sgd.PLAIN,
                sparse);
        session.begin(problem.size.rate());
        for (int i = 0; i < losses.length; i++) {
            run();
            losses[i] = loss();
        }
    }

    @Override
    public void run() {
        enqueue(1);
        sync();
    }

    @Override
    public void enqueue(int repetitions) {
        for (int left = repetitions; left > 0; left -= EPOCH) {
            session.trainEpoch(order, Math.min(left, EPOCH) * batch);
        }
    }

    @Override
    public void sync() {
        workspace.sync();
    }

    /** Of the last steps, up to an epoch of them, each before its update. Waits. */
    float loss() {
        return (float) session.lastEpoch().loss();
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
