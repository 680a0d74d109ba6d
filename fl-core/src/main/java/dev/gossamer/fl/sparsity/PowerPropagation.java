package dev.gossamer.fl.sparsity;

/**
 * Weights as a signed power of what is trained, {@code w = θ·|θ|^(α−1) = sign(θ)·|θ|^α}: large ones learn faster, and one that
 * is exactly zero has the slope 0 and stays zero, so that masks are stable and many weights end near zero.
 *
 * <p>Source: "Powerpropagation: A sparsity inducing weight reparameterisation", Schwarz, Jayakumar, Pascanu, Latham, Teh,
 * NeurIPS 2021.
 *
 * <p>These are the host's formulas; training takes the backend's, {@link dev.gossamer.engine.ops.TrainOps#signedPower}.
 *
 * @param alpha finite and at least 1; at 1 weights are theta
 */
public record PowerPropagation(float alpha) {

    /** Weights that are trained as they are. */
    public static final PowerPropagation NONE = new PowerPropagation(1);

    public PowerPropagation {
        if (!(alpha >= 1 && alpha < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("alpha must be finite and at least 1, got " + alpha);
        }
    }

    /** Whether weights are theta: then no power is taken, as 0^0 would be 1 and every power costs a rounding. */
    public boolean isIdentity() {
        return alpha == 1;
    }

    /** The weight of a theta. */
    public double weight(double theta) {
        return isIdentity() ? theta : theta * StrictMath.pow(Math.abs(theta), alpha - 1.0);
    }

    /** The derivative of the weight: {@code α·|θ|^(α−1)}. */
    public double slope(double theta) {
        return isIdentity() ? 1 : alpha * StrictMath.pow(Math.abs(theta), alpha - 1.0);
    }

    /** The theta of a weight: {@code sign(w)·|w|^(1/α)}. */
    public double theta(double weight) {
        return isIdentity() ? weight : Math.copySign(StrictMath.pow(Math.abs(weight), 1.0 / alpha), weight);
    }
}
