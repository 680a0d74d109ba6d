package dev.gossamer.testkit.reference;

/** Softmax and cross-entropy of a batch of logits, row-major {@code [classes, batch]}. */
public final class SoftmaxCrossEntropy {

    private SoftmaxCrossEntropy() {}

    /**
     * What a batch gives.
     *
     * @param lossSum summed over the batch, not the mean
     * @param correct samples whose largest logit, the first of equals, is the label's
     * @param gradient {@code (softmax − onehot) / batch}
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, to whoever asked
    public record Result(double lossSum, int correct, float[] gradient) {}

    public static Result of(float[] logits, int classes, int batch, int[] labels) {
        double lossSum = 0;
        int correct = 0;
        float[] gradient = new float[logits.length];
        for (int j = 0; j < batch; j++) {
            int largest = 0;
            for (int c = 1; c < classes; c++) {
                if (logits[c * batch + j] > logits[largest * batch + j]) {
                    largest = c;
                }
            }
            double max = logits[largest * batch + j];
            double total = 0;
            for (int c = 0; c < classes; c++) {
                total += Math.exp(logits[c * batch + j] - max);
            }
            lossSum += max + Math.log(total) - logits[labels[j] * batch + j];
            correct += largest == labels[j] ? 1 : 0;
            for (int c = 0; c < classes; c++) {
                double softmax = Math.exp(logits[c * batch + j] - max) / total;
                gradient[c * batch + j] = (float) ((softmax - (c == labels[j] ? 1 : 0)) / batch);
            }
        }
        return new Result(lossSum, correct, gradient);
    }

    /** {@code p ⊙ (logitsDot − Σ p·logitsDot) / batch} with {@code p = softmax(logits)}. */
    public static float[] tangent(float[] logits, float[] logitsDot, int classes, int batch) {
        float[] gradientDot = new float[logits.length];
        for (int j = 0; j < batch; j++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                max = Math.max(max, logits[c * batch + j]);
            }
            double total = 0;
            double mean = 0;
            for (int c = 0; c < classes; c++) {
                double exp = Math.exp(logits[c * batch + j] - max);
                total += exp;
                mean += exp * logitsDot[c * batch + j];
            }
            mean /= total;
            for (int c = 0; c < classes; c++) {
                double softmax = Math.exp(logits[c * batch + j] - max) / total;
                gradientDot[c * batch + j] = (float) (softmax * (logitsDot[c * batch + j] - mean) / batch);
            }
        }
        return gradientDot;
    }
}
