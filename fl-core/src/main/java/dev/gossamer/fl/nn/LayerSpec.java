package dev.gossamer.fl.nn;

import dev.gossamer.engine.Shape;
import java.util.List;

/** A layer as part of a model's definition: no memory, no numbers. */
public sealed interface LayerSpec
        permits LinearSpec, ConvSpec, PoolSpec, BatchNormSpec, DropoutSpec, ResidualBlockSpec {

    /** Prefix of its parameters' names. */
    String name();

    /**
     * Shape of the output for one sample, given that of the input.
     *
     * @throws IllegalArgumentException if the layer cannot take such an input
     */
    Shape output(Shape input);

    /** The parameters, in PyTorch's order. */
    List<ParameterSpec> parameters(Shape input);

    /** The products that it makes, in the order of their weights. */
    default List<LayerWork> work(Shape input) {
        return List.of();
    }

    /** Adds the layer's stages to a session and returns its output. */
    Signal open(Assembly assembly, Signal in);
}
