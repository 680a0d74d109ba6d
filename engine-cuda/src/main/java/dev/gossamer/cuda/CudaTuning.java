package dev.gossamer.cuda;

import static java.util.Map.entry;

import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.List;
import java.util.Map;

/** The tuning entries of this backend, read once. */
final class CudaTuning {

    /** Elements of a matrix that leaves cuBLAS's tiles without enough to do. */
    private static final long SMALL = 1 << 18;

    /** cusparseSpMMAlg_t: CSR_ALG1, CSR_ALG2, CSR_ALG3. */
    private static final int[] SPMM_ALGORITHMS = {4, 6, 12};

    /** cusparseSpMVAlg_t: CSR_ALG1, CSR_ALG2. */
    private static final int[] SPMV_ALGORITHMS = {2, 3};

    /**
     * Committed defaults: the algorithms that cuSPARSE documents as deterministic, CSR_ALG3 for SpMM and CSR_ALG2 for SpMV.
     * Our kernels were measured on matrices of less than 2^22 elements, and are no slower there. At a density of 0.2 they are
     * faster than dense products in f32, SpMM 1.2 to 2.1 times; small matrices at every density: those of ten MLPs for 28x28
     * images that train side by side 1.7 times even where next to nothing is zero. The density of convolutions is where a step
     * took as long packed as dense (docs/gpu.md).
     */
    static final TuningTable DEFAULTS = new TuningTable(Map.ofEntries(
            entry("masked.density", 0.25),
            entry("masked.density.small", 1.0),
            entry("convolution.masked.density", 0.2),
            entry("spmm.own", 4_194_304.0),
            entry("sddmm.own", 4_194_304.0),
            entry("spmm.algorithm", 12.0),
            entry("spmv.algorithm", 3.0),
            entry("gemm.tf32", 0.0),
            entry("step.capture", 1.0),
            entry("step.nodes", 256.0),
            entry("launch.overlap", 0.0)));

    /** Without TF32, which is precision for speed, and without algorithms that may change bits from run to run. */
    static final Map<String, List<Double>> TUNABLE = Map.of(
            "masked.density", List.of(0.1, 0.15, 0.2, 0.25, 0.3, 0.4),
            "masked.density.small", List.of(0.2, 0.35, 0.5, 0.75, 1.0),
            "convolution.masked.density", List.of(0.1, 0.15, 0.2, 0.25, 0.3));

    private final TuningTable table;
    private final double maskedDensity;
    private final double smallMaskedDensity;
    private final double ownSpmm;
    private final double ownSddmm;
    private final double convolutionMaskedDensity;
    private final int spmmAlgorithm;
    private final int spmvAlgorithm;
    private final boolean tf32;
    private final boolean stepCapture;
    private final int stepNodes;
    private final boolean launchOverlap;

    CudaTuning(TuningTable overrides) {
        this.table = DEFAULTS.overriddenBy(overrides);
        this.maskedDensity = density("masked.density");
        this.smallMaskedDensity = density("masked.density.small");
        this.ownSpmm = table.between("spmm.own", 0, Double.POSITIVE_INFINITY);
        this.ownSddmm = table.between("sddmm.own", 0, Double.POSITIVE_INFINITY);
        this.convolutionMaskedDensity = density("convolution.masked.density");
        this.spmmAlgorithm = table.oneOf("spmm.algorithm", SPMM_ALGORITHMS);
        this.spmvAlgorithm = table.oneOf("spmv.algorithm", SPMV_ALGORITHMS);
        this.tf32 = isOn("gemm.tf32");
        this.stepCapture = isOn("step.capture");
        this.stepNodes = (int) table.between("step.nodes", 0, Integer.MAX_VALUE);
        this.launchOverlap = isOn("launch.overlap");
    }

    private double density(String entry) {
        return table.between(entry, 0, 1);
    }

    private boolean isOn(String entry) {
        return table.oneOf(entry, 0, 1) == 1;
    }

    TuningTable table() {
        return table;
    }

    /** Above this density a pattern of a linear layer with so many elements is stored dense-masked and multiplied by cuBLAS. */
    double maskedDensity(long elements) {
        return elements < SMALL ? smallMaskedDensity : maskedDensity;
    }

    /** The same of a convolution, multiplied in dense tiles. */
    double convolutionMaskedDensity() {
        return convolutionMaskedDensity;
    }

    /** Whether our kernels take products with a matrix of that pattern, where they can; otherwise cuSPARSE. */
    boolean ownSpmm(SparsityPattern pattern) {
        return pattern.size() < ownSpmm;
    }

    /** The same of products that are restricted to a pattern. */
    boolean ownSddmm(SparsityPattern pattern) {
        return pattern.size() < ownSddmm;
    }

    int spmmAlgorithm() {
        return spmmAlgorithm;
    }

    int spmvAlgorithm() {
        return spmvAlgorithm;
    }

    /** Whether dense products may round their factors to TF32's 10 bits of fraction. */
    boolean tf32() {
        return tf32;
    }

    /** Whether recorded steps become CUDA graphs; 0 issues their ops one by one each time, to find faults and to compare. */
    boolean stepCapture() {
        return stepCapture;
    }

    /** Nodes that a graph of several runs of a step has at most. */
    int stepNodes() {
        return stepNodes;
    }

    /** Whether a kernel's launch may overlap with the kernel before it, on GPUs that can: 5 % of the paper's cell on an H200. */
    boolean launchOverlap() {
        return launchOverlap;
    }
}
