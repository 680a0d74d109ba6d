package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Shape;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import java.util.List;

/**
 * A fully connected layer with bias: {@code y = activation(W·x + b)}, W being {@code [out, in]}. It takes the plane of a
 * convolution as it is, in PyTorch's flatten order.
 *
 * @param name prefix of its parameters' names
 * @param out output features
 * @param activation fused into the product
 */
public record LinearSpec(String name, int out, Activation activation) implements LayerSpec {

    public LinearSpec {
        if (out < 1) {
            throw new IllegalArgumentException("Layer '" + name + "' needs at least one output, not " + out);
        }
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(out, 1);
    }

    @Override
    public List<ParameterSpec> parameters(Shape input) {
        return List.of(
                new ParameterSpec(name + ".weight", List.of(out, input.features()), Kind.WEIGHT),
                new ParameterSpec(name + ".bias", List.of(out), Kind.BIAS));
    }

    @Override
    public List<LayerWork> work(Shape input) {
        return List.of(new LayerWork(name + ".weight", (long) out * input.features(), 1));
    }

    @Override
    public Signal open(Assembly assembly, Signal in) {
        Signal whole = assembly.tiled(in, tile -> false, 0);
        return assembly.add(assembly.product(
                Geometry.linear(whole.shape(), out),
                whole,
                assembly.parameter(name + ".weight"),
                assembly.parameter(name + ".bias"),
                activation));
    }
}
