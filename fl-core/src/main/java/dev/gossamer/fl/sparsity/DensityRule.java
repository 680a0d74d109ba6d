package dev.gossamer.fl.sparsity;

import dev.gossamer.fl.codec.TensorState;
import java.util.Arrays;
import java.util.List;

/** How the density of a model is spread over its weights, layer by layer. Biases and batch norms have no part in it. */
public enum DensityRule {
    /**
     * Every layer has the model's density but the first, which stays dense.
     *
     * <p>Source: SWAT-U of "Sparse Weight Activation Training", Raihan, Aamodt, NeurIPS 2020.
     */
    UNIFORM {
        @Override
        double[] spread(double[] raw, long[] sizes, double density) {
            double[] densities = new double[sizes.length];
            Arrays.fill(densities, density);
            densities[0] = 1;
            return densities;
        }
    },

    /**
     * Erdős-Rényi-Kernel: a layer's density is in proportion to the sum of its dimensions over their product, so that large
     * layers are the sparsest, and the model's weights in all have the density. A layer that would be more than dense is
     * dense, and the others are spread anew.
     *
     * <p>Source: "Rigging the lottery", Evci, Gale, Menick, Castro, Elsen, ICML 2020; SWAT-ERK.
     */
    ERK {
        @Override
        double[] spread(double[] raw, long[] sizes, double density) {
            double[] densities = new double[sizes.length];
            boolean[] dense = new boolean[sizes.length];
            for (int most = -1; ; dense[most] = true) {
                double scale = scale(raw, sizes, dense, density);
                most = -1;
                for (int i = 0; i < raw.length; i++) {
                    densities[i] = dense[i] ? 1 : scale * raw[i];
                    if (densities[i] > 1 && (most < 0 || raw[i] > raw[most])) {
                        most = i;
                    }
                }
                if (most < 0) {
                    return densities;
                }
            }
        }

        /** The factor with which the layers that are not dense use up what the dense ones leave. */
        private double scale(double[] raw, long[] sizes, boolean[] dense, double density) {
            double left = 0;
            double parts = 0;
            for (int i = 0; i < raw.length; i++) {
                left += density * sizes[i] - (dense[i] ? sizes[i] : 0);
                parts += dense[i] ? 0 : raw[i] * sizes[i];
            }
            return parts == 0 ? 0 : left / parts;
        }
    },

    /**
     * Layers whose weights have more momentum get more of the model's weights, anew at each search for thresholds, as {@link
     * MomentumDensities} says. Until there is any momentum every layer has the model's density, the first one too.
     *
     * <p>Source: SWAT-M of "Sparse Weight Activation Training", Raihan, Aamodt, NeurIPS 2020.
     */
    MOMENTUM {
        @Override
        double[] spread(double[] raw, long[] sizes, double density) {
            double[] densities = new double[sizes.length];
            Arrays.fill(densities, density);
            return densities;
        }
    };

    /** Whether densities change while a client trains, so that its optimiser has to have momentum. */
    public boolean followsMomentum() {
        return this == MOMENTUM;
    }

    abstract double[] spread(double[] raw, long[] sizes, double density);

    /**
     * The density of each layer, above 0 and at most 1; of a rule that follows momentum, that with which a client starts.
     *
     * @param shapes of the weights, {@code [out, in]} or {@code [out, in, height, width]}, in the model's order; at least one
     * @param density of the model, above 0 and at most 1
     */
    public double[] densities(List<List<Integer>> shapes, double density) {
        if (!(density > 0 && density <= 1)) {
            throw new IllegalArgumentException("density must be above 0 and at most 1, got " + density);
        }
        double[] raw = new double[shapes.size()];
        long[] sizes = new long[shapes.size()];
        for (int i = 0; i < sizes.length; i++) {
            int[] shape = shapes.get(i).stream().mapToInt(Integer::intValue).toArray();
            sizes[i] = TensorState.size(shape);
            raw[i] = ErdosRenyiKernel.rawDensity(shape);
        }
        return density == 1 ? Arrays.stream(raw).map(each -> 1).toArray() : spread(raw, sizes, density);
    }

    /**
     * How many of {@code size} numbers a density keeps: {@code ceil(density·size)}, where a product that rounding alone has
     * lifted above a whole number counts as that number.
     */
    public static long kept(double density, long size) {
        return Math.min(size, (long) Math.ceil(density * size * (1 - 1e-12)));
    }
}
