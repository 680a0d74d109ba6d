package dev.gossamer.fl.nn;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import java.util.List;

/** A layer as part of a model's definition: no memory, no numbers. */
public sealed interface LayerSpec permits LinearSpec {

    /** Prefix of its parameters' names. */
    String name();

    /** Shape of the output for one sample, given that of the input. */
    Shape output(Shape input);

    /** The parameters, in PyTorch's order: weight, bias. */
    List<ParameterSpec> parameters(Shape input);

    /** Whether a ReLU ends the layer, so that training keeps a mask of its output. */
    boolean rectifies();

    /**
     * The layer for use in a session.
     *
     * @param parameters live, in the order of {@link #parameters(Shape)}
     */
    Layer open(Workspace workspace, Shape input, List<Parameter> parameters);
}
