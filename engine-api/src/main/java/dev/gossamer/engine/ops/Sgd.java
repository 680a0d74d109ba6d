package dev.gossamer.engine.ops;

import java.io.Serializable;

/**
 * The terms of a stochastic gradient step.
 *
 * @param momentum in [0, 1)
 * @param nesterov look-ahead form; needs momentum
 * @param weightDecay L2 coefficient, at least 0
 * @param proximal FedProx's mu, at least 0
 */
public record Sgd(float momentum, boolean nesterov, float weightDecay, float proximal) implements Serializable {

    public static final Sgd PLAIN = new Sgd(0, false, 0, 0);

    public Sgd {
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("momentum must be in [0, 1), got " + momentum);
        }
        if (nesterov && momentum == 0) {
            throw new IllegalArgumentException("nesterov needs a momentum above 0");
        }
        if (!(weightDecay >= 0 && weightDecay < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("weightDecay must be finite and at least 0, got " + weightDecay);
        }
        if (!(proximal >= 0 && proximal < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("proximal must be finite and at least 0, got " + proximal);
        }
    }
}
