package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import java.lang.foreign.MemorySegment;

/** The engine's sampled product, on one thread, operands in its own layout. */
final class EngineSddmm implements Contender {

    private final Workspace workspace;
    private final Tensor a;
    private final Tensor b;
    private final Values c;

    EngineSddmm(Backend backend, SddmmProblem problem) {
        this.workspace = backend.workspace(1);
        int rows = problem.pattern.rows();
        int cols = problem.pattern.cols();
        this.a = workspace.tensor(Shape.matrix(rows, problem.columns), Layout.NATIVE);
        this.b = workspace.tensor(Shape.matrix(cols, problem.columns), Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(problem.a), a);
        workspace.upload(MemorySegment.ofArray(problem.b), b);
        Space space = workspace.space(Geometry.matrix(rows, cols));
        this.c = workspace.values(space, Role.GRADIENT);
        workspace.repattern(space, problem.pattern);
    }

    @Override
    public void run() {
        workspace.sparse().sddmm(1, a, b, 0, c);
        workspace.sync();
    }

    @Override
    public float[] result() {
        float[] host = new float[Math.toIntExact(c.space().nnz())];
        workspace.download(c, MemorySegment.ofArray(host));
        return host;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
