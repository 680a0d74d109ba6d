package dev.gossamer.fl.nn;

/**
 * How a model did on some samples.
 *
 * @param samples their number
 * @param lossSum cross-entropy, added up over the samples
 * @param correct samples whose largest logit is their class
 */
public record Evaluation(long samples, double lossSum, long correct) {

    public static final Evaluation NONE = new Evaluation(0, 0, 0);

    /** This and the other's samples together. */
    public Evaluation plus(Evaluation other) {
        return new Evaluation(samples + other.samples, lossSum + other.lossSum, correct + other.correct);
    }

    /** Fraction of samples that are right; NaN without samples. */
    public double accuracy() {
        return (double) correct / samples;
    }

    /** Mean cross-entropy; NaN without samples. */
    public double loss() {
        return lossSum / samples;
    }
}
