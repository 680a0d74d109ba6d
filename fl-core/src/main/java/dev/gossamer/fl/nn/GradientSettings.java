package dev.gossamer.fl.nn;

import java.io.Serializable;

/**
 * Of which function a gradient is asked for, where it is not a training step's. Dropout does nothing.
 *
 * @param batchStatistics whether batch norms normalise by each batch, as in training, or by the running statistics, as in
 *     evaluation; these stay as they are in any case
 * @param temperature what logits are divided by before the softmax, above 0
 */
public record GradientSettings(boolean batchStatistics, float temperature) implements Serializable {

    /** The loss of a training step. */
    public static final GradientSettings TRAINING = new GradientSettings(true, 1);

    /** The loss of an evaluation. */
    public static final GradientSettings EVALUATION = new GradientSettings(false, 1);

    public GradientSettings {
        if (!(temperature > 0 && temperature < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature must be finite and above 0, got " + temperature);
        }
    }
}
