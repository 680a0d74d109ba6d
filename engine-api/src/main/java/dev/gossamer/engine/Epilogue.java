package dev.gossamer.engine;

import org.jspecify.annotations.Nullable;

/**
 * What is done to each output of a forward product before it is written: {@code out = activation(product + bias)}.
 *
 * @param bias values over a vector space of outChannels, or null; where that space has a pattern, entries outside it add 0
 * @param activation applied after the bias
 * @param mask where to note which outputs passed the ReLU, or null; only with {@link Activation#RELU}
 */
public record Epilogue(
        @Nullable Values bias,
        Activation activation,
        @Nullable Mask mask) {

    public static final Epilogue NONE = new Epilogue(null, Activation.IDENTITY, null);

    public Epilogue {
        if (mask != null && activation != Activation.RELU) {
            throw new IllegalArgumentException("A mask is written by RELU only, not by " + activation);
        }
    }

    public static Epilogue bias(Values bias) {
        return new Epilogue(bias, Activation.IDENTITY, null);
    }
}
