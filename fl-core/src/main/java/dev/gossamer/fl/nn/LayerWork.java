package dev.gossamer.fl.nn;

/**
 * The work of a convolution or linear layer for one sample: each of its weights multiplies once at each output position.
 *
 * @param weight name of its weights
 * @param weights entries when dense
 * @param positions of the output's plane; 1 for a linear layer
 */
public record LayerWork(String weight, long weights, long positions) {

    /** Floating-point operations of one product, a multiply-add being two. */
    public double flops() {
        return 2.0 * weights * positions;
    }
}
