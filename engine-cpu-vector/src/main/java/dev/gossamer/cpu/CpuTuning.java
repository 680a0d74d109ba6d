package dev.gossamer.cpu;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.TuningTable;
import java.util.List;
import java.util.Map;

/** The tuning entries of this backend, read once. */
final class CpuTuning {

    /** Committed defaults; docs/performance.md says how they were measured. */
    static final TuningTable DEFAULTS = new TuningTable(Map.of(
            "masked.density", 0.3,
            "convolution.masked.density", 0.45,
            "outer.product.density", 0.2,
            "whole.gradient.density", 0.25,
            "panel.columns", 64.0,
            "parallel.flops", 400_000.0));

    static final Map<String, List<Double>> TUNABLE = Map.of(
            "masked.density", List.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
            "convolution.masked.density", List.of(0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6),
            "outer.product.density", List.of(0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
            "whole.gradient.density", List.of(0.15, 0.2, 0.25, 0.3, 0.4, 1.0),
            "panel.columns", List.of(16.0, 32.0, 64.0),
            "parallel.flops", List.of(100_000.0, 200_000.0, 400_000.0, 800_000.0, 1_600_000.0));

    private final TuningTable table;
    private final double maskedDensity;
    private final double convolutionMaskedDensity;
    private final double outerProductDensity;
    private final double wholeGradientDensity;
    private final int panelColumns;
    private final double parallelFlops;

    CpuTuning(TuningTable overrides) {
        this.table = DEFAULTS.overriddenBy(overrides);
        this.maskedDensity = density("masked.density");
        this.convolutionMaskedDensity = density("convolution.masked.density");
        this.outerProductDensity = density("outer.product.density");
        this.wholeGradientDensity = density("whole.gradient.density");
        this.panelColumns = table.oneOf("panel.columns", 16, 32, 64);
        this.parallelFlops = table.between("parallel.flops", 0, Double.POSITIVE_INFINITY);
    }

    private double density(String entry) {
        return table.between(entry, 0, 1);
    }

    TuningTable table() {
        return table;
    }

    /** Above this density a pattern of such a layer is stored dense-masked. */
    double maskedDensity(Geometry geometry) {
        return geometry.isLinear() ? maskedDensity : convolutionMaskedDensity;
    }

    /** Up to this density of an activation its stored elements are multiplied one by one for the gradient of all weights. */
    double outerProductDensity() {
        return outerProductDensity;
    }

    /** Above this density of packed weights of a convolution the gradient of all is computed, and the pattern's is kept. */
    double wholeGradientDensity() {
        return wholeGradientDensity;
    }

    /** Columns of a batch block: the smallest of 16, 32 and 64 that holds the batch, at most the tuned width. */
    int block(int batch) {
        int block = 16;
        while (block < batch && block < panelColumns) {
            block *= 2;
        }
        return block;
    }

    /** Below this many floating-point operations a kernel runs in the calling thread. */
    double parallelFlops() {
        return parallelFlops;
    }
}
