package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The engine's signed power or its gradient, on one thread. */
final class EngineSignedPower implements Contender {

    private final Workspace workspace;
    private final SignedPowerProblem problem;
    private final List<Space> group;
    private final Values answer;

    EngineSignedPower(Backend backend, SignedPowerProblem problem) {
        this.workspace = backend.workspace(1);
        this.problem = problem;
        Space space = workspace.space(problem.theta.length);
        this.group = List.of(space);
        workspace.upload(MemorySegment.ofArray(problem.theta), workspace.values(space, Role.THETA));
        this.answer = workspace.values(space, problem.chained ? Role.GRADIENT : Role.WEIGHT);
        if (problem.chained) {
            workspace.upload(MemorySegment.ofArray(problem.gradient), answer);
        }
    }

    @Override
    public void run() {
        if (problem.chained) {
            workspace.train().signedPowerGradient(group, problem.alpha);
        } else {
            workspace.train().signedPower(group, problem.alpha);
        }
        workspace.sync();
    }

    @Override
    public float[] result() {
        float[] host = new float[problem.theta.length];
        workspace.download(answer, MemorySegment.ofArray(host));
        return host;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
