package dev.gossamer.bench;

/** Ratios to reach, as {@code docs/performance.md} lists them: f32 against f32, against the peer in the same row. */
final class Targets {

    /** No single sparse product may be slower, dense operand in the engine's layout. */
    static final double SPMM_CELL = 0.95;

    /** No single sparse product may be slower, all operands row-major. */
    static final double SPMM_ROW_MAJOR_CELL = 0.9;

    /** Geometric mean of sparse products, all operands row-major. */
    static final double SPMM_ROW_MAJOR = 1.2;

    /** Of a sparse product over the dense one that gives the same: from here on the zeros pay. */
    static final double DENSE = 1.0;

    /** Of a dense convolutional model, and thus of its layers, against PyTorch's. */
    static final double DENSE_MODEL = 0.8;

    static final double SPMV = 1.0;
    static final double TOP_K = 8;

    /** A whole federated run, evaluation and encoding included. */
    static final double FEDERATED = 6;

    private static final double SMALL_GEMM_FLOPS = 2.0 * 256 * 256 * 256;

    /** Rate of a convolution's weight gradient over that of its forward pass. */
    static final double CONV_WEIGHT_GRADIENT = 0.7;

    private Targets() {}

    /** Geometric mean of sparse products, dense operand in the engine's layout. */
    static double spmm(int columns) {
        return columns < 64 ? 1.15 : 1.5;
    }

    static double gemm(double flops) {
        return isSmallGemm(flops) ? 0.7 : 0.85;
    }

    static boolean isSmallGemm(double flops) {
        return flops < SMALL_GEMM_FLOPS;
    }

    static double sddmm(int columns) {
        return columns < 128 ? 1.2 : 2.5;
    }

    /** Of the MLP, against the dense model. */
    static double step(double density) {
        if (density > 0.1) {
            return 2.5;
        }
        return density > 0.05 ? 8 : density > 0.01 ? 12 : 20;
    }

    /** Of a 3x3 convolution forward or its input gradient, against the dense one. */
    static double conv(double density) {
        if (density > 0.1) {
            return DENSE_MODEL;
        }
        return density > 0.05 ? 4 : density > 0.01 ? 7 : 20;
    }

    /** Of convolutional models, against the dense model. */
    static double modelStep(double density) {
        if (density > 0.1) {
            return DENSE_MODEL;
        }
        return density > 0.05 ? 2.5 : density > 0.01 ? 4.5 : 8;
    }

    /** Of sparse convolutional models, against the dense model. */
    static double inference(double density) {
        return density > 0.05 ? 3 : density > 0.01 ? 5 : 10;
    }
}
