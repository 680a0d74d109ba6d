package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The engine's exact threshold of the k largest magnitudes, on one thread. */
final class EngineTopK implements Contender {

    private final Workspace workspace;
    private final Values values;
    private final long keep;
    private float threshold;

    EngineTopK(Backend backend, TopKProblem problem) {
        this.workspace = backend.workspace(1);
        this.values = workspace.values(workspace.space(Geometry.matrix(problem.values.length, 1)), Role.THETA);
        this.keep = problem.keep;
        workspace.upload(MemorySegment.ofArray(problem.values), values);
    }

    @Override
    public void run() {
        threshold = workspace.select().kthMagnitude(List.of(values), keep).magnitude();
    }

    @Override
    public float[] result() {
        return new float[] {threshold};
    }

    @Override
    public void close() {
        workspace.close();
    }
}
