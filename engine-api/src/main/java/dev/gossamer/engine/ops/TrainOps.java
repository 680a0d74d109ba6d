package dev.gossamer.engine.ops;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Space;
import java.util.List;

/** Optimisers, over all parameters in one call. Entries outside a pattern are neither read nor written. */
public interface TrainOps {

    /**
     * One step of stochastic gradient descent on {@code THETA} of every space, from {@code GRADIENT}:
     *
     * <pre>
     * d = g + weightDecay·θ + proximal·(θ − anchor)
     * v = momentum·v + d                      (only if momentum ≠ 0)
     * θ = θ − rate·(d | v | d + momentum·v)   (plain | momentum | Nesterov)
     * </pre>
     *
     * {@code MOMENTUM} and {@code ANCHOR} are used where the rule has those terms.
     */
    void sgd(List<Space> group, Cell rate, Sgd rule);

    /**
     * The effective weights of Powerpropagation (Schwarz et al., NeurIPS 2021), {@code WEIGHT} from {@code THETA} of every
     * space:
     *
     * <pre>
     * w = θ·|θ|^(α−1) = sign(θ)·|θ|^α
     * </pre>
     *
     * With α = 1 the weights have theta's bits. With α above 1 a zero gives a zero of its sign, infinity stays infinity and
     * NaN stays NaN. The power {@code |θ|^(α−1)} is rounded to f32 before the product; both overflow to infinity and
     * underflow gradually, through subnormal numbers. Every {@code w} lies within 6 units of 2^-24, relative, or two of
     * 2^-149, of the formula. For products to read, once after each update of theta; costs one pass.
     *
     * @param alpha finite, at least 1; above 2^24 {@code α − 1} is rounded
     */
    void signedPower(List<Space> group, float alpha);

    /**
     * The chain rule through {@link #signedPower}, in place: {@code GRADIENT} by {@code WEIGHT} becomes {@code GRADIENT} by
     * {@code THETA} in every space:
     *
     * <pre>
     * g = g·(α·|θ|^(α−1))
     * </pre>
     *
     * With α = 1 nothing changes, also where θ = 0. With α above 1 the slope is 0 where θ = 0, so that a zero with a finite
     * gradient stays zero. Power, slope and product are rounded to f32 one after the other: a slope that overflows is
     * infinite, and 0 times it NaN. Every result lies within 7 units of 2^-24, relative, of the formula, or of what comes of
     * a power that is one of 2^-149 off.
     *
     * @param alpha as in {@code signedPower}
     */
    void signedPowerGradient(List<Space> group, float alpha);
}
