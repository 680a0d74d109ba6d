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
import dev.gossamer.engine.ops.SparseOps;
import java.lang.foreign.MemorySegment;

/** The engine's product, on one thread; a problem's transposed matrix by the transposed product. */
final class EngineSpmm implements Contender {

    private final Workspace workspace;
    private final SparseOps ops;
    private final Values a;
    private final Tensor b;
    private final Tensor c;
    private final Kind kind;

    private enum Kind {
        PLAIN,
        TRANSPOSED,
        VECTOR
    }

    private EngineSpmm(Backend backend, SpmmProblem problem, Layout layout, boolean dense, boolean vector) {
        this.workspace = backend.workspace(1);
        this.ops = workspace.sparse();
        this.kind = vector ? Kind.VECTOR : problem.transposed ? Kind.TRANSPOSED : Kind.PLAIN;
        Space space = workspace.space(Geometry.matrix(problem.pattern.rows(), problem.pattern.cols()));
        this.a = workspace.values(space, Role.THETA);
        if (!dense) {
            workspace.repattern(space, problem.pattern);
        }
        workspace.upload(MemorySegment.ofArray(dense ? problem.denseA() : problem.values), a);
        this.b = workspace.tensor(Shape.matrix(problem.depth(), problem.columns), layout);
        this.c = workspace.tensor(Shape.matrix(problem.rows(), problem.columns), layout);
        workspace.upload(MemorySegment.ofArray(problem.b), b);
    }

    static EngineSpmm sparse(Backend backend, SpmmProblem problem, Layout layout) {
        return new EngineSpmm(backend, problem, layout, false, false);
    }

    /** The same product with A's zeros stored and multiplied, in the engine's layout. */
    static EngineSpmm dense(Backend backend, SpmmProblem problem) {
        return new EngineSpmm(backend, problem, Layout.NATIVE, true, false);
    }

    /** The product with one column by the operation for that. */
    static EngineSpmm vector(Backend backend, SpmmProblem problem) {
        return new EngineSpmm(backend, problem, Layout.ROW_MAJOR, false, true);
    }

    @Override
    public void run() {
        switch (kind) {
            case PLAIN -> ops.spmm(1, a, b, 0, c);
            case TRANSPOSED -> ops.spmmTransposed(1, a, b, 0, c);
            case VECTOR -> ops.spmv(1, a, b, 0, c);
        }
        workspace.sync();
    }

    @Override
    public float[] result() {
        float[] host = new float[Math.toIntExact(c.shape().size())];
        workspace.download(c, MemorySegment.ofArray(host));
        return host;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
