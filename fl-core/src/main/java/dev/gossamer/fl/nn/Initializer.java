package dev.gossamer.fl.nn;

import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.SplitMix64;
import java.util.Arrays;

/**
 * How a model's weights start; biases and shifts start at 0, scales at 1, running statistics as those of a standardised input
 * (mean 0, variance 1). A weight {@code [out, in, height, width]} has {@code fanIn = in·height·width} and
 * {@code fanOut = out·height·width}.
 */
public enum Initializer {
    /**
     * Uniform in ±√(6 / (fanIn + fanOut)).
     *
     * <p>Source: "Understanding the difficulty of training deep feedforward neural networks", Glorot, Bengio, AISTATS 2010,
     * equation (16).
     */
    GLOROT_UNIFORM {
        @Override
        void fill(float[] values, double fanIn, double fanOut, SplitMix64 random) {
            double limit = Math.sqrt(6 / (fanIn + fanOut));
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((2 * random.nextDouble() - 1) * limit);
            }
        }
    },

    /**
     * Normal with variance 2 / fanIn.
     *
     * <p>Source: "Delving deep into rectifiers", He, Zhang, Ren, Sun, ICCV 2015, equation (10).
     */
    HE_NORMAL {
        @Override
        void fill(float[] values, double fanIn, double fanOut, SplitMix64 random) {
            double deviation = Math.sqrt(2 / fanIn);
            Normal normal = new Normal(random);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (normal.next() * deviation);
            }
        }
    },

    /**
     * Normal, cut off at two of its deviations and scaled so that the variance is 1 / fanIn with what is left.
     *
     * <p>Source: variance scaling as in "Powerpropagation", Schwarz, Jayakumar, Pascanu, Latham, Teh, NeurIPS 2021.
     */
    TRUNCATED_NORMAL {
        @Override
        void fill(float[] values, double fanIn, double fanOut, SplitMix64 random) {
            double deviation = Math.sqrt(1 / fanIn) / DEVIATION_OF_CUT;
            Normal normal = new Normal(random);
            for (int i = 0; i < values.length; i++) {
                double drawn;
                do {
                    drawn = normal.next();
                } while (Math.abs(drawn) > CUT);
                values[i] = (float) (drawn * deviation);
            }
        }
    };

    private static final double CUT = 2;

    /** Standard deviation of a standard normal variable cut off at ±2. */
    private static final double DEVIATION_OF_CUT = 0.8796256610342398;

    abstract void fill(float[] values, double fanIn, double fanOut, SplitMix64 random);

    TensorState initial(ParameterSpec parameter, SplitMix64 random) {
        int[] shape = parameter.dimensions();
        float[] values = new float[Math.toIntExact(parameter.size())];
        switch (parameter.kind()) {
            case WEIGHT -> {
                double fanIn = TensorState.cols(shape);
                fill(values, fanIn, fanIn / shape[1] * shape[0], random);
            }
            case GAMMA, RUNNING_VARIANCE -> Arrays.fill(values, 1);
            case BIAS, BETA, RUNNING_MEAN -> {} // zeros
        }
        return TensorState.dense(parameter.name(), shape, values);
    }

    /**
     * Standard normal numbers, two at a time; StrictMath, so that every machine draws the same.
     *
     * <p>Source: "A convenient method for generating normal variables", Marsaglia, Bray, SIAM Review 6, 1964.
     */
    private static final class Normal {

        private final SplitMix64 random;
        private double spare = Double.NaN;

        Normal(SplitMix64 random) {
            this.random = random;
        }

        double next() {
            if (!Double.isNaN(spare)) {
                double second = spare;
                spare = Double.NaN;
                return second;
            }
            double u;
            double v;
            double square;
            do {
                u = 2 * random.nextDouble() - 1;
                v = 2 * random.nextDouble() - 1;
                square = u * u + v * v;
            } while (square >= 1 || square == 0);
            double factor = Math.sqrt(-2 * StrictMath.log(square) / square);
            spare = v * factor;
            return u * factor;
        }
    }
}
