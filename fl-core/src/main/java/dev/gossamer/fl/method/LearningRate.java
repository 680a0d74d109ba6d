package dev.gossamer.fl.method;

import java.io.Serializable;

/**
 * The learning rate of each round t, counted from 1 to T:
 *
 * <pre>
 * constant      η_t = η_0
 * exponential   η_t = η_0 · exp(t/T · ln(η_T/η_0))        ZeroFL and SparseFedPP; the last round has η_T
 * step          η_t = η_0 · factor^⌊(t-1)/every⌋
 * </pre>
 */
public sealed interface LearningRate extends Serializable {

    /**
     * The rate of a round.
     *
     * @param round counted from 1
     */
    double at(int round);

    /** The same in all rounds. */
    static LearningRate constant(double rate) {
        return new Constant(rate);
    }

    /** The same in all rounds. */
    record Constant(double initial) implements LearningRate {

        public Constant {
            requireRate("initial", initial);
        }

        @Override
        public double at(int round) {
            return initial;
        }
    }

    /**
     * From one rate to another by equal factors.
     *
     * @param last η_T, in (0, ∞)
     * @param rounds T
     */
    record Exponential(double initial, double last, int rounds) implements LearningRate {

        public Exponential {
            requireRate("initial", initial);
            requireRate("last", last);
            requireCount("rounds", rounds);
        }

        @Override
        public double at(int round) {
            return initial * StrictMath.exp((double) round / rounds * StrictMath.log(last / initial));
        }
    }

    /**
     * Multiplied every so many rounds.
     *
     * @param factor in (0, 1]
     * @param every rounds between changes
     */
    record Step(double initial, double factor, int every) implements LearningRate {

        public Step {
            requireRate("initial", initial);
            requireRate("factor", factor);
            requireCount("every", every);
            if (factor > 1) {
                throw new IllegalArgumentException("Learning rate: factor is " + factor + ", but must be at most 1");
            }
        }

        @Override
        public double at(int round) {
            int changes = (round - 1) / every;
            return initial * StrictMath.pow(factor, changes);
        }
    }

    private static void requireRate(String field, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "Learning rate: " + field + " is " + value + ", but must be finite and above 0");
        }
    }

    private static void requireCount(String field, int value) {
        if (value < 1) {
            throw new IllegalArgumentException("Learning rate: " + field + " is " + value + ", but must be at least 1");
        }
    }
}
