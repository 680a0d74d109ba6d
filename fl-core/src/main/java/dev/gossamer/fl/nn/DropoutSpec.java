package dev.gossamer.fl.nn;

import dev.gossamer.engine.Shape;
import java.util.List;

/**
 * Inverted dropout: training zeroes a share of the activations and scales the others up, evaluation does nothing.
 *
 * @param name for people: it has no parameters
 * @param rate share that is dropped, in [0, 1)
 */
public record DropoutSpec(String name, float rate) implements LayerSpec {

    public DropoutSpec {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("Layer '" + name + "': rate must be in [0, 1), got " + rate);
        }
    }

    @Override
    public Shape output(Shape input) {
        return input;
    }

    @Override
    public List<ParameterSpec> parameters(Shape input) {
        return List.of();
    }

    @Override
    public Signal open(Assembly assembly, Signal in) {
        return assembly.drops() ? assembly.add(new DropoutStage(assembly, in, rate)) : in;
    }
}
