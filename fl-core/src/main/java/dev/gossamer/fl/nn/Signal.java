package dev.gossamer.fl.nn;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What flows between two layers: activations one way, their gradient the other.
 *
 * @param value activations, {@code [features, batch]}
 * @param gradient of the loss in the activations, of the same shape; null where nobody needs it (the model's input, and all
 *     of an evaluation)
 * @param mask which activations passed the ReLU that made them; null if none did or nothing is differentiated
 */
public record Signal(
        Tensor value, @Nullable Tensor gradient, @Nullable Mask mask) {}
