package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import java.lang.foreign.MemorySegment;

/** A convolution on the engine, in its layout, on one thread; without any pattern at density 1. */
final class EngineConv implements Contender {

    private final Workspace workspace;
    private final Product product;
    private final Values weights;
    private final Values gradient;
    private final Tensor x;
    private final Tensor y;
    private final Tensor gy;
    private final Tensor gx;
    private final ConvProblem.Direction direction;
    private final int entries;

    EngineConv(Backend backend, ConvProblem problem, ConvProblem.Direction direction) {
        this.direction = direction;
        this.workspace = backend.workspace(1);
        Space space = workspace.space(problem.geometry);
        if (problem.density < 1) {
            workspace.repattern(space, problem.pattern);
        }
        this.entries = Math.toIntExact(problem.pattern.nnz());
        this.weights = workspace.values(space, Role.THETA);
        this.gradient = workspace.values(space, Role.GRADIENT);
        workspace.upload(MemorySegment.ofArray(problem.packed()), weights);
        this.product = workspace.product(problem.geometry);
        Shape in = problem.geometry.inShape(problem.batch);
        Shape out = problem.geometry.outShape(problem.batch);
        this.x = tensor(in, problem.x);
        this.gy = tensor(out, problem.gy);
        this.y = workspace.tensor(out, Layout.NATIVE);
        this.gx = workspace.tensor(in, Layout.NATIVE);
    }

    private Tensor tensor(Shape shape, float[] numbers) {
        Tensor tensor = workspace.tensor(shape, Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(numbers), tensor);
        return tensor;
    }

    @Override
    public void run() {
        switch (direction) {
            case FORWARD -> product.forward(weights, x, 0, y, Epilogue.NONE);
            case INPUT_GRADIENT -> product.inputGradient(weights, gy, 0, gx, null);
            case WEIGHT_GRADIENT -> product.weightGradient(x, gy, 0, gradient);
        }
        workspace.sync();
    }

    /** As {@link ConvProblem.Direction} says. */
    @Override
    public float[] result() {
        if (direction == ConvProblem.Direction.WEIGHT_GRADIENT) {
            float[] host = new float[entries];
            workspace.download(gradient, MemorySegment.ofArray(host));
            return host;
        }
        Tensor answer = direction == ConvProblem.Direction.FORWARD ? y : gx;
        float[] host = new float[Math.toIntExact(answer.shape().size())];
        workspace.download(answer, MemorySegment.ofArray(host));
        return host;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
