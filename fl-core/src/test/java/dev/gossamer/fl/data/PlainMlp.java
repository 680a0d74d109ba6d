package dev.gossamer.fl.data;

import java.util.stream.IntStream;

/**
 * A multi-layer perceptron with ReLU and softmax cross-entropy, trained by plain SGD in plain loops on one thread: says
 * how hard a data set is, without any of the engine. With no hidden layer it is softmax regression. Deterministic.
 *
 * <p>Weights are {@code [in][out]}, so that a pixel of value 0, which most are, is skipped forward and backward.
 */
final class PlainMlp {

    private final int[] sizes;
    private final float[][] weights;
    private final float[][] biases;
    private final float[][] weightGradients;
    private final float[][] biasGradients;
    private final float[][] activations;
    private final float[][] deltas;

    PlainMlp(long seed, int... sizes) {
        this.sizes = sizes;
        int layers = sizes.length - 1;
        weights = new float[layers][];
        biases = new float[layers][];
        weightGradients = new float[layers][];
        biasGradients = new float[layers][];
        activations = new float[layers + 1][];
        deltas = new float[layers + 1][];
        activations[0] = new float[sizes[0]];
        SplitMix64 random = SplitMix64.of(seed);
        for (int l = 0; l < layers; l++) {
            weights[l] = new float[sizes[l] * sizes[l + 1]];
            float bound = (float) Math.sqrt(6.0 / (sizes[l] + sizes[l + 1]));
            for (int i = 0; i < weights[l].length; i++) {
                weights[l][i] = random.nextFloat(-bound, bound);
            }
            biases[l] = new float[sizes[l + 1]];
            weightGradients[l] = new float[weights[l].length];
            biasGradients[l] = new float[biases[l].length];
            activations[l + 1] = new float[sizes[l + 1]];
            deltas[l + 1] = new float[sizes[l + 1]];
        }
    }

    /** One pass over the split in an order of its own. */
    void train(Split split, int epoch, int batch, float rate) {
        int[] order = IntStream.range(0, split.count()).toArray();
        SplitMix64.of(1990, epoch).shuffle(order);
        for (int from = 0; from < order.length; from += batch) {
            int to = Math.min(from + batch, order.length);
            for (int i = from; i < to; i++) {
                forward(split, order[i]);
                backward(split.label(order[i]));
            }
            step(rate / (to - from));
        }
    }

    double accuracy(Split split) {
        int correct = 0;
        for (int sample = 0; sample < split.count(); sample++) {
            float[] logits = forward(split, sample);
            int best = 0;
            for (int i = 1; i < logits.length; i++) {
                best = logits[i] > logits[best] ? i : best;
            }
            correct += best == split.label(sample) ? 1 : 0;
        }
        return (double) correct / split.count();
    }

    private float[] forward(Split split, int sample) {
        for (int i = 0; i < sizes[0]; i++) {
            activations[0][i] = split.pixel(sample, i) / 256f;
        }
        for (int l = 0; l < weights.length; l++) {
            float[] in = activations[l];
            float[] out = activations[l + 1];
            System.arraycopy(biases[l], 0, out, 0, out.length);
            for (int i = 0; i < in.length; i++) {
                if (in[i] != 0) {
                    addScaled(in[i], weights[l], i * out.length, out);
                }
            }
            if (l < weights.length - 1) {
                for (int o = 0; o < out.length; o++) {
                    out[o] = Math.max(out[o], 0);
                }
            }
        }
        return activations[weights.length];
    }

    private void backward(int label) {
        int last = weights.length;
        softmaxDelta(activations[last], label, deltas[last]);
        for (int l = last - 1; l >= 0; l--) {
            float[] in = activations[l];
            float[] delta = deltas[l + 1];
            for (int o = 0; o < delta.length; o++) {
                biasGradients[l][o] += delta[o];
            }
            for (int i = 0; i < in.length; i++) {
                if (in[i] != 0) {
                    addOuterRow(in[i], delta, weightGradients[l], i * delta.length);
                }
                if (l > 0) {
                    deltas[l][i] = in[i] > 0 ? dot(weights[l], i * delta.length, delta) : 0;
                }
            }
        }
    }

    private static void softmaxDelta(float[] logits, int label, float[] delta) {
        float max = logits[0];
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            delta[i] = (float) StrictMath.exp(logits[i] - max);
            sum += delta[i];
        }
        for (int i = 0; i < logits.length; i++) {
            delta[i] = (float) (delta[i] / sum) - (i == label ? 1 : 0);
        }
    }

    private void step(float rate) {
        for (int l = 0; l < weights.length; l++) {
            descend(weights[l], weightGradients[l], rate);
            descend(biases[l], biasGradients[l], rate);
        }
    }

    private static void descend(float[] parameters, float[] gradients, float rate) {
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] -= rate * gradients[i];
            gradients[i] = 0;
        }
    }

    private static void addScaled(float factor, float[] matrix, int row, float[] out) {
        for (int o = 0; o < out.length; o++) {
            out[o] += factor * matrix[row + o];
        }
    }

    private static void addOuterRow(float factor, float[] delta, float[] matrix, int row) {
        for (int o = 0; o < delta.length; o++) {
            matrix[row + o] += factor * delta[o];
        }
    }

    private static float dot(float[] matrix, int row, float[] vector) {
        float sum = 0;
        for (int o = 0; o < vector.length; o++) {
            sum += matrix[row + o] * vector[o];
        }
        return sum;
    }
}
