package dev.gossamer.testkit.reference;

import dev.gossamer.engine.ops.Sgd;
import org.jspecify.annotations.Nullable;

/** One step of stochastic gradient descent on the numbers of one space, in place. */
public final class SgdStep {

    private SgdStep() {}

    /**
     * Updates theta, and momentum where the rule has it; each number is computed in double and rounded once.
     *
     * @param momentum null only without momentum
     * @param anchor null only without a proximal term
     */
    public static void apply(
            float[] theta,
            float[] gradient,
            float @Nullable [] momentum,
            float @Nullable [] anchor,
            float rate,
            Sgd rule) {
        for (int p = 0; p < theta.length; p++) {
            double d = gradient[p] + (double) rule.weightDecay() * theta[p];
            if (anchor != null && rule.proximal() != 0) {
                d += rule.proximal() * ((double) theta[p] - anchor[p]);
            }
            double step = d;
            if (momentum != null && rule.momentum() != 0) {
                double v = (double) rule.momentum() * momentum[p] + d;
                momentum[p] = (float) v;
                step = rule.nesterov() ? d + rule.momentum() * v : v;
            }
            theta[p] = (float) (theta[p] - rate * step);
        }
    }
}
