package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Shape;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution with a square kernel: {@code y = activation(W*x + b)}, W being {@code [out, in, kernel, kernel]}.
 *
 * @param name prefix of its parameters' names
 * @param out output channels
 * @param kernel rows and columns of the kernel
 * @param stride step in both directions
 * @param padding zeros on each side
 * @param bias whether there is a b
 * @param activation fused into the product
 */
public record ConvSpec(String name, int out, int kernel, int stride, int padding, boolean bias, Activation activation)
        implements LayerSpec {

    @Override
    public Shape output(Shape input) {
        return geometry(input).outShape(1);
    }

    private Geometry geometry(Shape input) {
        return new Geometry(input.channels(), input.height(), input.width(), out, kernel, kernel, stride, padding);
    }

    /** The same over planes that have their rim around them. */
    private ConvSpec inside() {
        return new ConvSpec(name, out, kernel, stride, 0, bias, activation);
    }

    @Override
    public List<ParameterSpec> parameters(Shape input) {
        List<ParameterSpec> parameters = new ArrayList<>();
        parameters.add(
                new ParameterSpec(name + ".weight", List.of(out, input.channels(), kernel, kernel), Kind.WEIGHT));
        if (bias) {
            parameters.add(new ParameterSpec(name + ".bias", List.of(out), Kind.BIAS));
        }
        return parameters;
    }

    @Override
    public List<LayerWork> work(Shape input) {
        Geometry geometry = geometry(input);
        return List.of(
                new LayerWork(name + ".weight", geometry.size(), (long) geometry.outHeight() * geometry.outWidth()));
    }

    /** Whether tiles of that shape become tiles of the output, given what lies around them. */
    boolean fits(Shape tile) {
        boolean oneForEachStep = Math.floorDiv(2 * padding - kernel, stride) == -1;
        return oneForEachStep && tile.height() % stride == 0 && tile.width() % stride == 0;
    }

    @Override
    public Signal open(Assembly assembly, Signal in) {
        Signal from = assembly.tiled(in, this::fits, padding);
        ConvSpec of = from.tiling().isWhole() ? this : inside();
        return assembly.add(assembly.product(
                of.geometry(from.shape()),
                from,
                assembly.parameter(name + ".weight"),
                bias ? assembly.parameter(name + ".bias") : null,
                activation));
    }
}
