package dev.gossamer.fl.sparsity;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import java.util.Arrays;
import java.util.List;

/**
 * SWAT-M's rule: layers whose weights have more momentum get more of the model's weights.
 *
 * <pre>
 * m_l    = mean |momentum| over the active weights of layer l, as a share of the sum over layers
 * keep_l = ceil(m_l · density · n)
 * </pre>
 *
 * <p>A layer that would be more than 99 % full is dense; what it cannot take is spread evenly over the others, until all fit.
 *
 * <p>Source: "Sparse Weight Activation Training", Raihan, Aamodt, NeurIPS 2020, after "Sparse networks from scratch", Dettmers,
 * Zettlemoyer, 2019. Where no layer has any momentum, as before the first step, all shares are equal to the layers' sizes.
 */
public final class MomentumDensities {

    private static final double FULL = 0.99;

    private MomentumDensities() {}

    /**
     * Mean |momentum| over a layer's active weights: those of largest magnitude, ties to the lower index.
     *
     * @param weights of the layer, all of them
     * @param momentum of each
     * @param active how many multiply; the mean over none is 0
     */
    public static double meanMagnitude(TensorState weights, TensorState momentum, long active) {
        SparsityPattern mask = MagnitudePruning.keepTop(new ModelState(List.of(weights)), active)
                .tensors()
                .getFirst()
                .pattern();
        float[] values = momentum.values();
        double[] sum = new double[1];
        if (mask == null) {
            for (float value : values) {
                sum[0] += Math.abs(value);
            }
        } else {
            mask.forEach((row, col, position) -> sum[0] += Math.abs(values[row * mask.cols() + col]));
        }
        return active == 0 ? 0 : sum[0] / Math.min(active, values.length);
    }

    /**
     * How many weights each layer keeps.
     *
     * @param momentum mean magnitude of the momentum of each layer's active weights, at least 0
     * @param sizes weights of each layer when dense
     * @param density of the model, above 0 and at most 1
     * @throws IllegalArgumentException if the momentum is not finite, as where training diverges
     */
    public static long[] keep(double[] momentum, long[] sizes, double density) {
        if (!(density > 0 && density <= 1) || momentum.length != sizes.length) {
            throw new IllegalArgumentException(
                    "Need a density above 0 and at most 1 and a momentum for each layer, got " + density + ", "
                            + momentum.length + " and " + sizes.length);
        }
        double all = Arrays.stream(sizes).sum();
        double sum = Arrays.stream(momentum).sum();
        if (!Double.isFinite(sum)) {
            throw new IllegalArgumentException(
                    "The layers' momentum is " + Arrays.toString(momentum) + ", but must be finite: training diverges");
        }
        double[] wanted = new double[sizes.length];
        for (int i = 0; i < wanted.length; i++) {
            double share = sum == 0 ? sizes[i] / all : momentum[i] / sum;
            wanted[i] = share * density * all;
        }
        boolean[] dense = new boolean[sizes.length];
        double excess;
        do {
            excess = fill(wanted, sizes, dense);
        } while (excess > 0 && spread(wanted, dense, excess));
        long[] keep = new long[sizes.length];
        for (int i = 0; i < keep.length; i++) {
            keep[i] = dense[i] ? sizes[i] : Math.min(sizes[i], (long) Math.ceil(wanted[i] * (1 - 1e-12)));
        }
        return keep;
    }

    /** Makes what is too full dense; returns what that leaves over. */
    private static double fill(double[] wanted, long[] sizes, boolean[] dense) {
        double excess = 0;
        for (int i = 0; i < wanted.length; i++) {
            if (!dense[i] && wanted[i] > FULL * sizes[i]) {
                dense[i] = true;
                excess += wanted[i] - sizes[i];
            }
        }
        return excess;
    }

    /** Deals the excess evenly to the others; false if there are none. Each round makes a layer dense, so that it ends. */
    private static boolean spread(double[] wanted, boolean[] dense, double excess) {
        int others = 0;
        for (boolean each : dense) {
            others += each ? 0 : 1;
        }
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] += dense[i] ? 0 : excess / others;
        }
        return others > 0;
    }
}
