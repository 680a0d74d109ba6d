package dev.gossamer.bench;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.Parameter;
import java.lang.foreign.MemorySegment;

/** A fully connected layer on the engine, by the calls of a training session, on one thread. */
final class EngineLayer implements Contender {

    private final Workspace workspace;
    private final Network network;
    private final Product product;
    private final Parameter weight;
    private final Parameter bias;
    private final Tensor x;
    private final Tensor y;
    private final Tensor gy;
    private final Tensor gx;
    private final Epilogue epilogue;
    private final LayerProblem.Direction direction;

    EngineLayer(Backend backend, LayerProblem problem, LayerProblem.Direction direction) {
        this.direction = direction;
        this.workspace = backend.workspace(1);
        this.network = new Network(workspace, problem.spec);
        network.load(problem.parameters);
        Shape input = problem.spec.input();
        Shape out = problem.spec.layers().getFirst().output(input).withBatch(problem.batch);
        Shape in = input.withBatch(problem.batch);
        this.weight = network.parameters().get(0);
        this.bias = network.parameters().get(1);
        this.product = workspace.product(Geometry.linear(input, out.features()));
        this.x = tensor(in, problem.x);
        this.gy = tensor(out, problem.gy);
        this.y = workspace.tensor(out, Layout.NATIVE);
        this.gx = workspace.tensor(in, Layout.NATIVE);
        this.epilogue = new Epilogue(bias.effective(), Activation.RELU, workspace.mask(out));
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
            case FORWARD -> product.forward(weight.effective(), x, 0, y, epilogue);
            case BACKWARD -> {
                product.weightGradient(x, gy, 0, weight.gradient());
                product.biasGradient(gy, 0, bias.gradient());
                product.inputGradient(weight.effective(), gy, 0, gx, null);
            }
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
