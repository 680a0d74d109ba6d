package dev.gossamer.engine.ops;

import dev.gossamer.engine.Values;

/**
 * Parameters, state and rule of a batch normalisation, all values over vector spaces of the channels. Entries of gamma and
 * beta outside their pattern are 0.
 *
 * <p>Source: "Batch Normalization", Ioffe, Szegedy, ICML 2015; running statistics as in PyTorch:
 * {@code running = (1 − momentum)·running + momentum·batch}, the variance with Bessel's correction (without for a single
 * value per channel).
 *
 * @param gamma scale
 * @param beta shift
 * @param runningMean mean for inference, updated by training
 * @param runningVariance variance for inference, updated by training
 * @param epsilon added to the variance, above 0
 * @param momentum weight of the newest batch, in (0, 1]
 */
public record BatchNorm(
        Values gamma, Values beta, Values runningMean, Values runningVariance, float epsilon, float momentum) {

    public BatchNorm {
        if (!(epsilon > 0 && epsilon < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("epsilon must be finite and above 0, got " + epsilon);
        }
        if (!(momentum > 0 && momentum <= 1)) {
            throw new IllegalArgumentException("momentum must be in (0, 1], got " + momentum);
        }
    }

    /**
     * What the forward pass of a training step leaves for the backward one.
     *
     * @param mean of the batch, per channel
     * @param inverseDeviation {@code 1 / sqrt(variance + epsilon)} of the batch, per channel
     */
    public record Saved(Values mean, Values inverseDeviation) {}
}
