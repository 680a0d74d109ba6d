package dev.gossamer.fl.nn;

import dev.gossamer.fl.codec.TensorState;
import java.util.List;

/**
 * What a parameter is, apart from its numbers.
 *
 * @param name PyTorch's name for it, as {@code fc1.weight}; unique in a model
 * @param shape PyTorch's dimensions: {@code [out, in]} for the weight of a linear layer, {@code [out, in, height, width]} for
 *     that of a convolution, {@code [channels]} for all else
 * @param kind what it does in its layer
 */
public record ParameterSpec(String name, List<Integer> shape, Kind kind) {

    /** What a parameter does in its layer. */
    public enum Kind {
        /** Of a linear layer or a convolution. */
        WEIGHT(true),
        /** Of a linear layer or a convolution. */
        BIAS(true),
        /** Scale of a batch normalisation. */
        GAMMA(true),
        /** Shift of a batch normalisation. */
        BETA(true),
        /** State of a batch normalisation. */
        RUNNING_MEAN(false),
        /** State of a batch normalisation. */
        RUNNING_VARIANCE(false);

        private final boolean trained;

        Kind(boolean trained) {
            this.trained = trained;
        }

        /**
         * Whether the optimiser moves it. What it does not move is state: without gradient, momentum or decay, never pruned,
         * but averaged and sent like the rest.
         */
        public boolean trained() {
            return trained;
        }
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
