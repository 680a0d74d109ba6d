package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.nn.Layer;
import dev.gossamer.fl.nn.LayerSpec;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.Signal;
import java.lang.foreign.MemorySegment;

/** A layer on the engine, as a training session binds it, on one thread. */
final class EngineLayer implements Contender {

    private final Workspace workspace;
    private final Network network;
    private final Tensor y;
    private final Tensor gx;
    private final Layer.Pass pass;
    private final LayerProblem.Direction direction;

    EngineLayer(Backend backend, LayerProblem problem, LayerProblem.Direction direction) {
        this.direction = direction;
        this.workspace = backend.workspace(1);
        this.network = new Network(workspace, problem.spec);
        network.load(problem.parameters);
        LayerSpec layer = problem.spec.layers().getFirst();
        Shape input = problem.spec.input();
        Shape in = input.withBatch(problem.batch);
        Shape out = layer.output(input).withBatch(problem.batch);
        Tensor x = tensor(in, problem.x);
        this.y = workspace.tensor(out, Layout.NATIVE);
        this.gx = workspace.tensor(in, Layout.NATIVE);
        this.pass = layer.open(workspace, input, network.parameters())
                .pass(new Signal(x, gx, null), new Signal(y, tensor(out, problem.gy), workspace.mask(out)));
    }

    private Tensor tensor(Shape shape, float[] numbers) {
        Tensor tensor = workspace.tensor(shape, Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(numbers), tensor);
        return tensor;
    }

    LayerProblem.Direction direction() {
        return direction;
    }

    @Override
    public void run() {
        switch (direction) {
            case FORWARD -> pass.forward();
            case BACKWARD -> pass.backward();
        }
        workspace.sync();
    }

    /** As {@link LayerProblem.Direction} says. */
    @Override
    public float[] result() {
        if (direction == LayerProblem.Direction.FORWARD) {
            return download(y);
        }
        float[] parameters = StepProblem.flat(network.gradients());
        float[] inputs = download(gx);
        float[] all = new float[parameters.length + inputs.length];
        System.arraycopy(parameters, 0, all, 0, parameters.length);
        System.arraycopy(inputs, 0, all, parameters.length, inputs.length);
        return all;
    }

    private float[] download(Tensor tensor) {
        float[] host = new float[Math.toIntExact(tensor.shape().size())];
        workspace.download(tensor, MemorySegment.ofArray(host));
        return host;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
