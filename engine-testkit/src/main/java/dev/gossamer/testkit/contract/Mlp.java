package dev.gossamer.testkit.contract;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;

/**
 * A multi-layer perceptron in plain double arrays, one sample at a time: ReLU between layers, softmax and mean cross-entropy
 * after the last, SGD with momentum, weights outside a mask left out. It shares no code with the oracle or any backend.
 */
final class Mlp {

    final double[][][] weights;
    final double[][] biases;
    private final boolean[][][] masks;
    private final boolean[][] biasMasks;
    private final double[][][] weightMomentum;
    private final double[][] biasMomentum;
    private final double[][][] weightGradient;
    private final double[][] biasGradient;

    /** Layers of {@code sizes[l]} to {@code sizes[l + 1]} features, all zero and dense. */
    Mlp(int... sizes) {
        int layers = sizes.length - 1;
        weights = new double[layers][][];
        masks = new boolean[layers][][];
        biasMasks = new boolean[layers][];
        biases = new double[layers][];
        weightMomentum = new double[layers][][];
        weightGradient = new double[layers][][];
        biasMomentum = new double[layers][];
        biasGradient = new double[layers][];
        for (int l = 0; l < layers; l++) {
            int in = sizes[l];
            int out = sizes[l + 1];
            weights[l] = new double[out][in];
            masks[l] = new boolean[out][in];
            for (boolean[] row : masks[l]) {
                Arrays.fill(row, true);
            }
            biases[l] = new double[out];
            biasMasks[l] = new boolean[out];
            Arrays.fill(biasMasks[l], true);
            weightMomentum[l] = new double[out][in];
            weightGradient[l] = new double[out][in];
            biasMomentum[l] = new double[out];
            biasGradient[l] = new double[out];
        }
    }

    /** Weights outside the pattern become 0 and stay so, their momentum is gone. */
    void mask(int layer, SparsityPattern pattern) {
        for (int o = 0; o < masks[layer].length; o++) {
            for (int i = 0; i < masks[layer][o].length; i++) {
                masks[layer][o][i] = pattern.contains(o, i);
                if (!masks[layer][o][i]) {
                    weights[layer][o][i] = 0;
                    weightMomentum[layer][o][i] = 0;
                }
            }
        }
    }

    /** As {@link #mask}, for the layer's bias and a pattern of one row. */
    void maskBias(int layer, SparsityPattern pattern) {
        for (int o = 0; o < biases[layer].length; o++) {
            biasMasks[layer][o] = pattern.contains(0, o);
            if (!biasMasks[layer][o]) {
                biases[layer][o] = 0;
                biasMomentum[layer][o] = 0;
            }
        }
    }

    /** One training step; returns the summed loss of the batch {@code [features][batch]}. */
    double step(double[][] x, int[] labels, double rate, double momentum) {
        for (int l = 0; l < weights.length; l++) {
            Arrays.fill(biasGradient[l], 0);
            for (double[] row : weightGradient[l]) {
                Arrays.fill(row, 0);
            }
        }
        double loss = 0;
        for (int j = 0; j < labels.length; j++) {
            double[] sample = new double[x.length];
            for (int f = 0; f < x.length; f++) {
                sample[f] = x[f][j];
            }
            loss += accumulate(sample, labels[j], labels.length);
        }
        update(rate, momentum);
        return loss;
    }

    private double accumulate(double[] sample, int label, int batch) {
        int layers = weights.length;
        double[][] activations = new double[layers + 1][];
        activations[0] = sample;
        for (int l = 0; l < layers; l++) {
            activations[l + 1] = forward(l, activations[l], l < layers - 1);
        }
        double[] gradient = activations[layers].clone();
        double loss = softmaxGradient(gradient, label, batch);
        for (int l = layers - 1; l >= 0; l--) {
            gradient = backward(l, activations[l], gradient);
        }
        return loss;
    }

    private double[] forward(int layer, double[] in, boolean relu) {
        double[] out = biases[layer].clone();
        for (int o = 0; o < out.length; o++) {
            for (int i = 0; i < in.length; i++) {
                out[o] += weights[layer][o][i] * in[i];
            }
            out[o] = relu ? Math.max(out[o], 0) : out[o];
        }
        return out;
    }

    /** Turns logits into the gradient of the mean loss; returns the loss of the sample. */
    private static double softmaxGradient(double[] logits, int label, int batch) {
        double total = 0;
        for (double logit : logits) {
            total += Math.exp(logit);
        }
        double loss = Math.log(total) - logits[label];
        for (int c = 0; c < logits.length; c++) {
            logits[c] = (Math.exp(logits[c]) / total - (c == label ? 1 : 0)) / batch;
        }
        return loss;
    }

    /** Adds to the gradients of the layer; returns the gradient of its input, through the ReLU that made it. */
    private double[] backward(int layer, double[] in, double[] gradient) {
        double[] below = new double[in.length];
        for (int o = 0; o < gradient.length; o++) {
            biasGradient[layer][o] += gradient[o];
            for (int i = 0; i < in.length; i++) {
                weightGradient[layer][o][i] += gradient[o] * in[i];
                below[i] += in[i] > 0 ? weights[layer][o][i] * gradient[o] : 0;
            }
        }
        return below;
    }

    private void update(double rate, double momentum) {
        for (int l = 0; l < weights.length; l++) {
            for (int o = 0; o < biases[l].length; o++) {
                if (biasMasks[l][o]) {
                    biasMomentum[l][o] = momentum * biasMomentum[l][o] + biasGradient[l][o];
                    biases[l][o] -= rate * biasMomentum[l][o];
                }
                for (int i = 0; i < weights[l][o].length; i++) {
                    if (masks[l][o][i]) {
                        weightMomentum[l][o][i] = momentum * weightMomentum[l][o][i] + weightGradient[l][o][i];
                        weights[l][o][i] -= rate * weightMomentum[l][o][i];
                    }
                }
            }
        }
    }
}
