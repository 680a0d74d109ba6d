package dev.gossamer.fl.nn;

import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.SplitMix64;

/**
 * Initial values: weights Glorot uniform, biases 0.
 *
 * <p>Source: "Understanding the difficulty of training deep feedforward neural networks", Glorot, Bengio, AISTATS 2010,
 * equation (16): uniform in ±√(6 / (fanIn + fanOut)).
 */
final class Initializer {

    private Initializer() {}

    static TensorState initial(ParameterSpec parameter, SplitMix64 random) {
        int[] shape = parameter.dimensions();
        float[] values = new float[Math.toIntExact(parameter.size())];
        switch (parameter.kind()) {
            case WEIGHT -> glorotUniform(values, TensorState.cols(shape), TensorState.rows(shape), random);
            case BIAS -> {} // zeros
        }
        return TensorState.dense(parameter.name(), shape, values);
    }

    private static void glorotUniform(float[] values, int fanIn, int fanOut, SplitMix64 random) {
        double limit = Math.sqrt(6.0 / ((double) fanIn + fanOut));
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((2 * random.nextDouble() - 1) * limit);
        }
    }
}
