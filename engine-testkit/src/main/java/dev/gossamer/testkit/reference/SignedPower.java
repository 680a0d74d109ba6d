package dev.gossamer.testkit.reference;

/** Powerpropagation's weights and its chain rule, by the numbers of one space. */
public final class SignedPower {

    private SignedPower() {}

    /** {@code θ·|θ|^(α−1)}, the power in double and rounded once before the product. */
    public static float[] weights(float[] theta, float alpha) {
        if (alpha == 1) {
            return theta.clone();
        }
        float[] weights = new float[theta.length];
        for (int p = 0; p < theta.length; p++) {
            weights[p] = theta[p] * power(theta[p], alpha);
        }
        return weights;
    }

    /** {@code g·(α·|θ|^(α−1))}, each step rounded. */
    public static float[] gradient(float[] theta, float[] gradient, float alpha) {
        if (alpha == 1) {
            return gradient.clone();
        }
        float[] chained = new float[theta.length];
        for (int p = 0; p < theta.length; p++) {
            chained[p] = gradient[p] * (alpha * power(theta[p], alpha));
        }
        return chained;
    }

    private static float power(float theta, float alpha) {
        return (float) Math.pow(Math.abs((double) theta), alpha - 1);
    }
}
