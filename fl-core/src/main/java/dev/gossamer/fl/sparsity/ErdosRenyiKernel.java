package dev.gossamer.fl.sparsity;

import dev.gossamer.fl.codec.TensorState;
import java.util.Arrays;
import java.util.List;

/**
 * How many weights each layer keeps when a model is to have a given sparsity and layers are as dense as sparse random graphs
 * between their units would be (ERK).
 *
 * <p>The raw density of a layer is the sum of its dimensions over their product, {@code (out + in + height + width) /
 * (out·in·height·width)} for a convolution and {@code (out + in) / (out·in)} for a linear layer: small layers are denser.
 *
 * <p>Source: "Scalable training of artificial neural networks with adaptive sparse connectivity", Mocanu and others, Nature
 * Communications 9, 2018; with kernels, "Rigging the lottery", Evci and others, ICML 2020.
 */
public final class ErdosRenyiKernel {

    private ErdosRenyiKernel() {}

    /** The sum of a shape's dimensions over their product. */
    public static double rawDensity(int... shape) {
        return Arrays.stream(shape).asLongStream().sum() / (double) TensorState.size(shape);
    }

    /**
     * Weights that each layer keeps where raw <em>sparsities</em> are scaled, as FedDST does:
     * {@code s_l = S·Σn / Σ(r·n) · r_l} with {@code r_l = 1 − rawDensity} and n_l weights, so that {@code Σ s_l·n_l = S·Σn};
     * the layer keeps {@code ⌊(1 − s_l)·n_l⌋}. (Scaled densities, as in RigL, give other numbers.)
     *
     * <p>Source: "Federated dynamic sparse training", Bibikar, Vikalo, Wang, Chen, AAAI 2022.
     *
     * @param shapes of the layers' weights
     * @param sparsity S, in [0, 1)
     * @throws IllegalArgumentException if a layer would need more zeros than it has weights
     */
    public static long[] keptByScaledSparsity(List<int[]> shapes, double sparsity) {
        if (!(sparsity >= 0 && sparsity < 1)) {
            throw new IllegalArgumentException("sparsity is " + sparsity + ", but must be in [0, 1)");
        }
        long entries = shapes.stream().mapToLong(TensorState::size).sum();
        long rawZeros = shapes.stream().mapToLong(ErdosRenyiKernel::rawZeros).sum();
        return shapes.stream()
                .mapToLong(shape -> {
                    // Whole numbers first, so that what is a whole number is not rounded below it.
                    double zeros = rawZeros == 0 ? 0 : sparsity * entries * rawZeros(shape) / rawZeros;
                    return kept(shape, zeros, sparsity);
                })
                .toArray();
    }

    /** {@code (1 − rawDensity)·n}; none for a layer with a single unit on a side. */
    private static long rawZeros(int... shape) {
        return Math.max(
                0, TensorState.size(shape) - Arrays.stream(shape).asLongStream().sum());
    }

    private static long kept(int[] shape, double zeros, double sparsity) {
        if (zeros > TensorState.size(shape)) {
            throw new IllegalArgumentException("At sparsity " + sparsity + " the layer of shape "
                    + Arrays.toString(shape) + " would need " + zeros
                    + " zeros, more than it has weights; lower sparsity");
        }
        return (long) Math.floor(TensorState.size(shape) - zeros);
    }
}
