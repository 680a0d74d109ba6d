package dev.gossamer.cpu;

import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What convolutions of one geometry need of a pattern: its columns as positions of the input, and its transpose for each pass
 * of the input gradient. Immutable, made on first use, shared through the {@link PatternPlan}.
 */
final class ConvolutionStructures {

    private final SparsityPattern pattern;
    private final int kernel;
    private final Csr forward;
    private volatile @Nullable Backward backward;

    ConvolutionStructures(SparsityPattern pattern, Geometry geometry, int pitch, int plane) {
        this.pattern = pattern;
        this.kernel = geometry.kernelHeight() * geometry.kernelWidth();
        this.forward = ConvolutionPass.forward(geometry).structure(pattern, pitch, plane);
    }

    /**
     * The structures of an input gradient.
     *
     * @param structures one for each pass, over shared arrays
     * @param permutation for each entry the position in the pattern whose value it takes
     */
    @SuppressWarnings("ArrayRecordComponent") // private to the kernels, never compared
    record Backward(List<Csr> structures, int[] permutation) {}

    Csr forward() {
        return forward;
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
            known = new Backward(
                    ConvolutionPass.transposed(passes, pattern, kernel, pitch, plane, permutation), permutation);
            backward = known;
        }
        return known;
    }

    long sizeBytes() {
        Backward made = backward;
        // Arrays that structures share count once.
        return forward.sizeBytes()
                + (made == null
                        ? 0
                        : 8L * made.permutation.length + made.structures.size() * 8L * (pattern.cols() / kernel));
    }
}
