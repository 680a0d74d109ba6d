package dev.gossamer.engine;

/** What a product's epilogue applies to each output. */
public enum Activation {
    IDENTITY,
    /** {@code max(x, 0)}; NaN stays NaN. */
    RELU
}
