package dev.gossamer.engine;

/** One bit per element of a {@link Layout#NATIVE} tensor: which activations passed a ReLU. A thirty-second of the activation's memory. */
public interface Mask extends Resource {

    Shape shape();
}
