package dev.gossamer.cpu;

import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What convolutions of one geometry need of a pattern: its columns as positions of the input, and its transpose for each pass
 * of the input gradient. Immutable, made on first use, shared through the {@link PatternPlan}.
 */
final class ConvolutionStructures {

    private final SparsityPattern pattern;
    private final int kernel;
    private final int outHeight;
    private final int outWidth;
    private final Csr forward;
    private final TapClasses forwardClasses;
    private volatile @Nullable Backward backward;

    ConvolutionStructures(SparsityPattern pattern, Geometry geometry, int pitch, int plane) {
        this.pattern = pattern;
        this.kernel = geometry.kernelHeight() * geometry.kernelWidth();
        ConvolutionPass pass = ConvolutionPass.forward(geometry);
        this.forward = pass.structure(pattern, pitch, plane);
        this.forwardClasses = new TapClasses(pass, forward, pitch, plane, geometry.inHeight(), geometry.inWidth());
        this.outHeight = geometry.outHeight();
        this.outWidth = geometry.outWidth();
    }

    /**
     * The structures of an input gradient.
     *
     * @param structures one for each pass, over shared arrays
     * @param permutation for each entry the position in the pattern whose value it takes
     */
    @SuppressWarnings("ArrayRecordComponent") // private to the kernels, never compared
    record Backward(List<Csr> structures, List<TapClasses> classes, int[] permutation) {}

    Csr forward() {
        return forward;
    }

    TapClasses forwardClasses() {
        return forwardClasses;
    }

    /**
     * @param passes of this geometry
     * @param pitch positions from row to row of the output gradient
     * @param plane positions from channel to channel of the output gradient
     */
    Backward backward(List<ConvolutionPass> passes, int pitch, int plane) {
        Backward known = backward;
        if (known == null) {
            int[] permutation = new int[Math.toIntExact(pattern.nnz())];
            List<Csr> structures = ConvolutionPass.transposed(passes, pattern, kernel, pitch, plane, permutation);
            List<TapClasses> classes = new ArrayList<>();
            for (int i = 0; i < passes.size(); i++) {
                classes.add(new TapClasses(passes.get(i), structures.get(i), pitch, plane, outHeight, outWidth));
            }
            known = new Backward(structures, classes, permutation);
            backward = known;
        }
        return known;
    }

    long sizeBytes() {
        Backward made = backward;
        // Arrays that structures share count once.
        return forward.sizeBytes()
                + forwardClasses.sizeBytes()
                + (made == null
                        ? 0
                        : made.classes.stream().mapToLong(TapClasses::sizeBytes).sum()
                                + 8L * made.permutation.length
                                + made.structures.size() * 8L * (pattern.cols() / kernel));
    }
}
