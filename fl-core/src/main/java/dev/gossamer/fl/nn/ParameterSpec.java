package dev.gossamer.fl.nn;

import dev.gossamer.fl.codec.TensorState;
import java.util.List;

/**
 * What a trainable parameter is, apart from its numbers.
 *
 * @param name PyTorch's name for it, as {@code fc1.weight}; unique in a model
 * @param shape PyTorch's dimensions: {@code [out, in]} for a weight, {@code [out]} for a bias
 * @param kind what it does in its layer
 */
public record ParameterSpec(String name, List<Integer> shape, Kind kind) {

    /** What a parameter does in its layer. */
    public enum Kind {
        WEIGHT,
        BIAS
    }

    public ParameterSpec {
        shape = List.copyOf(shape);
    }

    /** The dimensions as an array of the caller's own. */
    public int[] dimensions() {
        return shape.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Entries when dense. */
    public long size() {
        return TensorState.size(dimensions());
    }
}
