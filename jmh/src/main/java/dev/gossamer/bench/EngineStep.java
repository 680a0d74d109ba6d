package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.TrainingSession;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An epoch on the engine, on one thread. */
final class EngineStep implements Contender {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment order = arena.allocate(4L * StepProblem.SAMPLES, 64);
    private final Workspace workspace;
    private final Network network;
    private final TrainingSession session;

    EngineStep(Backend backend, StepProblem problem) {
        for (int i = 0; i < StepProblem.SAMPLES; i++) {
            order.setAtIndex(ValueLayout.JAVA_INT, i, i);
        }
        workspace = backend.workspace(1);
        network = new Network(workspace, problem.spec);
        network.load(problem.initial);
        session = new TrainingSession(
                network,
                workspace.samples(
                        segment(problem.images), segment(problem.labels), new Shape(1, 28, 28, 1), StepProblem.SAMPLES),
                PixelTransform.scale(1f / 255),
                StepProblem.BATCH,
                StepProblem.SAMPLES,
                Sgd.PLAIN);
        session.begin(StepProblem.RATE);
    }

    private MemorySegment segment(byte[] bytes) {
        return arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
    }

    /** Trains an epoch, which waits for nothing on the CPU. */
    @Override
    public void run() {
        session.trainEpoch(order, StepProblem.SAMPLES);
        workspace.sync();
    }

    /** All parameters in the model's order, the values of each in canonical order. */
    @Override
    public float[] result() {
        return StepProblem.flat(network.state());
    }

    @Override
    public void close() {
        session.close();
        workspace.close();
        arena.close();
    }
}
