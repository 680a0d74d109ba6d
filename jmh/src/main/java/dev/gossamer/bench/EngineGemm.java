package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Workspace;
import java.lang.foreign.MemorySegment;

/** The engine's dense product of row-major matrices, on one thread; the zeros of a problem's matrix are multiplied too. */
final class EngineGemm implements Contender {

    private final Workspace workspace;
    private final Tensor a;
    private final Tensor b;
    private final Tensor c;
    private final boolean transposed;

    EngineGemm(Backend backend, SpmmProblem problem) {
        this.workspace = backend.workspace(1);
        this.transposed = problem.transposed;
        this.a = workspace.tensor(Shape.matrix(problem.pattern.rows(), problem.pattern.cols()), Layout.ROW_MAJOR);
        this.b = workspace.tensor(Shape.matrix(problem.depth(), problem.columns), Layout.ROW_MAJOR);
        this.c = workspace.tensor(Shape.matrix(problem.rows(), problem.columns), Layout.ROW_MAJOR);
        workspace.upload(MemorySegment.ofArray(problem.denseA()), a);
        workspace.upload(MemorySegment.ofArray(problem.b), b);
    }

    @Override
    public void run() {
        workspace.dense().gemm(transposed, false, 1, a, b, 0, c);
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
