package dev.gossamer.cpu;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What products with a pattern need and values do not change: immutable, shared by all spaces of equal pattern. The transpose
 * and the bits of the mask are made on first use.
 */
final class PatternPlan {

    final SparsityPattern pattern;
    final Csr csr;
    private volatile @Nullable Transposed transposed;
    private volatile long @Nullable [] bits;
    private final Map<Geometry, ConvolutionStructures> convolutions = new ConcurrentHashMap<>();

    PatternPlan(SparsityPattern pattern) {
        this.pattern = pattern;
        this.csr = new Csr(pattern);
    }

    /** The transposed structure and, for each of its entries, the position in the pattern whose value it takes. */
    @SuppressWarnings("ArrayRecordComponent") // private to the kernels, never compared
    record Transposed(Csr csr, int[] permutation) {}

    Transposed transposed() {
        Transposed known = transposed;
        if (known == null) {
            SparsityPattern.Transposed made = pattern.transpose();
            known = new Transposed(new Csr(made.pattern()), made.permutation());
            transposed = known;
        }
        return known;
    }

    /**
     * The structures of a convolution with this pattern.
     *
     * @param pitch positions from row to row of the input, a function of the geometry
     * @param plane positions from channel to channel of the input, likewise
     */
    ConvolutionStructures convolution(Geometry geometry, int pitch, int plane) {
        ConvolutionStructures known = convolutions.get(geometry);
        return known != null
                ? known
                : convolutions.computeIfAbsent(geometry, key -> new ConvolutionStructures(pattern, key, pitch, plane));
    }

    /** Membership by flat row-major index, padded by 64 bits so that a vector's worth may be read at the end. */
    long[] bits() {
        long[] known = bits;
        if (known == null) {
            known = new long[(int) ((pattern.size() + 63) / 64 + 1)];
            for (int row = 0; row < pattern.rows(); row++) {
                for (int p = pattern.rowStart(row); p < pattern.rowEnd(row); p++) {
                    long flat = (long) row * pattern.cols() + pattern.col(p);
                    known[(int) (flat >>> 6)] |= 1L << flat;
                }
            }
            bits = known;
        }
        return known;
    }

    long sizeBytes() {
        Transposed t = transposed;
        long[] b = bits;
        return csr.sizeBytes()
                + convolutions.values().stream()
                        .mapToLong(ConvolutionStructures::sizeBytes)
                        .sum()
                + (t == null ? 0 : t.csr.sizeBytes() + 4L * t.permutation.length)
                + (b == null ? 0 : 8L * b.length);
    }

    /** Structure as kernels read it. */
    static final class Csr {

        /** With at most as many columns, {@link #narrow} holds them. */
        static final int NARROW = 1 << 16;

        /** And-ed to the length of a row of narrow columns, which is never more: C2 then knows that four times a position is small. */
        static final int LENGTH = 0x1FFFF;

        final int rows;
        final int cols;
        final int[] rowPtr;
        final int[] colIdx;

        private volatile @Nullable MemorySegment narrow;

        Csr(SparsityPattern pattern) {
            this.rows = pattern.rows();
            this.cols = pattern.cols();
            this.rowPtr = pattern.copyRowPtr();
            this.colIdx = pattern.copyColIdx();
        }

        /**
         * A structure whose columns are positions of an activation; rows may share arrays with other structures and need not
         * start at 0.
         */
        Csr(int rows, int cols, int[] rowPtr, int[] colIdx) {
            this.rows = rows;
            this.cols = cols;
            this.rowPtr = rowPtr;
            this.colIdx = colIdx;
        }

        /** A structure that its owner writes anew, {@code narrow} together with {@code colIdx}; there may be room left. */
        Csr(int rows, int cols, int[] rowPtr, int[] colIdx, MemorySegment narrow) {
            this(rows, cols, rowPtr, colIdx);
            this.narrow = narrow;
        }

        /** Entries of all rows. */
        int entries() {
            return rowPtr[rows] - rowPtr[0];
        }

        /** {@link #colIdx} as unsigned 16-bit numbers off-heap, made on first use and freed with the plan. */
        MemorySegment narrow() {
            MemorySegment known = narrow;
            if (known == null) {
                known = Arena.ofAuto().allocate(Math.max(1, 2L * colIdx.length), Memory.ALIGNMENT);
                for (int p = 0; p < colIdx.length; p++) {
                    known.setAtIndex(ValueLayout.JAVA_CHAR, p, (char) colIdx[p]);
                }
                narrow = known;
            }
            return known;
        }

        long sizeBytes() {
            MemorySegment made = narrow;
            return 4L * (rowPtr.length + colIdx.length) + (made == null ? 0 : made.byteSize());
        }

        /** First row of part {@code part} of {@code parts} with about equal work, the rows in memory order. */
        int rowStart(int part, int parts) {
            // Rows count a little on their own: an empty row still writes its output.
            long wanted = rowPtr[0] + (entries() + 4L * rows) * part / parts;
            int low = 0;
            int high = rows;
            while (low < high) {
                int row = (low + high) >>> 1;
                if (rowPtr[row] + 4L * row < wanted) {
                    low = row + 1;
                } else {
                    high = row;
                }
            }
            return low;
        }
    }
}
