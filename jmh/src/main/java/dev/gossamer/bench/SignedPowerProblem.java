package dev.gossamer.bench;

import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.Numbers;
import dev.gossamer.testkit.reference.SignedPower;
import java.util.SplittableRandom;

/** Parameters to raise to a signed power, or a gradient to take through it, and the answers in double. */
final class SignedPowerProblem {

    final float[] theta;
    final float[] gradient;
    final float alpha;
    final boolean chained;

    /** {@code chained} asks for the gradient. */
    SignedPowerProblem(int count, float alpha, boolean chained, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        this.alpha = alpha;
        this.chained = chained;
        this.theta = new float[count];
        this.gradient = new float[count];
        // Slopes of about 1, so that a gradient that is taken through them again and again stays as it is.
        double even = Math.pow(alpha, -1 / (alpha - 1.0));
        for (int i = 0; i < count; i++) {
            double parameter = chained ? Math.copySign(even, random.nextGaussian()) : 0.05 * random.nextGaussian();
            theta[i] = (float) parameter;
            gradient[i] = (float) random.nextGaussian();
        }
    }

    /** Theta read and the weights written, or theta read and the gradient read and written. */
    Work work() {
        return new Work(0, (chained ? 12.0 : 8.0) * theta.length);
    }

    /** Runs the contender once and fails unless its answer is right. */
    void verify(String who, Contender contender) {
        contender.run();
        float[] want = chained ? SignedPower.gradient(theta, gradient, alpha) : SignedPower.weights(theta, alpha);
        Close.check(who, contender.result(), want, Numbers.abs(want), 5);
    }
}
