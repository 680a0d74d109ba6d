package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The structure of a sparse matrix: immutable canonical CSR on the host, without values.
 *
 * <p>Canonical means base 0, columns strictly ascending in each row, no duplicates. Entry {@code p} (its <em>position</em>,
 * {@code 0 <= p < nnz}) lies in row {@code r} with {@code rowStart(r) <= p < rowEnd(r)} and column {@code col(p)};
 * positions therefore follow the row-major order of the matrix, and values that belong to a pattern are an array of
 * {@code nnz} numbers in this order. A mask is membership in the pattern, never "value is not zero".
 *
 * <p>Indices and row pointers are 32-bit: at most {@link #MAX_NNZ} entries. The flat index {@code r * cols + c} is a long.
 * Instances are safe to share between threads.
 */
public final class SparsityPattern {

    /** The largest number of entries: the longest array that HotSpot allocates. */
    public static final int MAX_NNZ = Integer.MAX_VALUE - 8;

    private final int rows;
    private final int cols;
    private final int[] rowPtr;
    private final int[] colIdx;

    private volatile @Nullable String digest;
    private volatile @Nullable Integer hash;

    private SparsityPattern(int rows, int cols, int[] rowPtr, int[] colIdx) {
        this.rows = rows;
        this.cols = cols;
        this.rowPtr = rowPtr;
        this.colIdx = colIdx;
    }

    // ---- factories
    // ---------------------------------------------------------------------------------------------------

    /**
     * The pattern with these arrays, which are validated and copied.
     *
     * @param rowPtr {@code rows + 1} offsets into {@code colIdx}, from 0 to {@code colIdx.length}, never falling
     * @param colIdx columns, strictly ascending within each row
     * @throws IllegalArgumentException naming the row and the position of the first violation
     */
    public static SparsityPattern of(int rows, int cols, int[] rowPtr, int[] colIdx) {
        int[] ownRowPtr = rowPtr.clone();
        int[] ownColIdx = colIdx.clone();
        PatternChecks.checkCsr(rows, cols, ownRowPtr, ownColIdx);
        return new SparsityPattern(rows, cols, ownRowPtr, ownColIdx);
    }

    /** Takes arrays that the caller guarantees to be canonical and hands over. */
    static SparsityPattern trusted(int rows, int cols, int[] rowPtr, int[] colIdx) {
        return new SparsityPattern(rows, cols, rowPtr, colIdx);
    }

    /** The pattern without entries. */
    public static SparsityPattern empty(int rows, int cols) {
        PatternChecks.checkShape(rows, cols);
        return new SparsityPattern(rows, cols, new int[rows + 1], new int[0]);
    }

    /**
     * The pattern with every entry.
     *
     * @throws IllegalArgumentException if {@code rows * cols} exceeds {@link #MAX_NNZ}
     */
    public static SparsityPattern full(int rows, int cols) {
        PatternChecks.checkShape(rows, cols);
        int nnz = PatternChecks.checkNnz((long) rows * cols);
        int[] rowPtr = new int[rows + 1];
        int[] colIdx = new int[nnz];
        for (int r = 0; r < rows; r++) {
            int start = r * cols;
            for (int c = 0; c < cols; c++) {
                colIdx[start + c] = c;
            }
            rowPtr[r + 1] = start + cols;
        }
        return new SparsityPattern(rows, cols, rowPtr, colIdx);
    }

    /** The entries for which {@code mask} holds. It is asked in row-major order, twice for each entry, and must not change. */
    public static SparsityPattern fromMask(int rows, int cols, EntryPredicate mask) {
        return PatternBuilding.fromMask(rows, cols, mask);
    }

    /**
     * The entries whose bit is set in a row-major bit set: bit {@code i & 63} of word {@code i >> 6} is the entry with
     * flat index {@code i = r * cols + c}.
     *
     * @throws IllegalArgumentException if there are not exactly {@code ceil(rows * cols / 64)} words, or a bit beyond the
     *     last entry is set
     */
    public static SparsityPattern fromBits(int rows, int cols, long[] bits) {
        return PatternBuilding.fromBits(rows, cols, bits);
    }

    /**
     * The entries with these flat row-major indices {@code r * cols + c}, strictly ascending.
     *
     * @throws IllegalArgumentException naming the position of the first index out of range or out of order
     */
    public static SparsityPattern fromFlatIndices(int rows, int cols, long[] flat) {
        return PatternBuilding.fromFlat(rows, cols, flat.length, p -> flat[p]);
    }

    /** As {@link #fromFlatIndices(int, int, long[])}, for matrices of less than 2^31 elements. */
    public static SparsityPattern fromFlatIndices(int rows, int cols, int[] flat) {
        return PatternBuilding.fromFlat(rows, cols, flat.length, p -> flat[p]);
    }

    // ---- size
    // --------------------------------------------------------------------------------------------------------

    public int rows() {
        return rows;
    }

    public int cols() {
        return cols;
    }

    /** Number of entries (stored values, whether or not their number is zero). */
    public long nnz() {
        return colIdx.length;
    }

    /** Number of elements of the matrix, {@code rows * cols}. */
    public long size() {
        return (long) rows * cols;
    }

    /** {@code nnz / (rows * cols)}; 0 for a matrix without elements. */
    public double density() {
        return size() == 0 ? 0 : (double) colIdx.length / size();
    }

    /** {@code 1 - density}. */
    public double sparsity() {
        return 1 - density();
    }

    public boolean isFull() {
        return colIdx.length == size();
    }

    /** Bytes of the two index arrays. */
    public long sizeBytes() {
        return (long) Integer.BYTES * ((long) rowPtr.length + colIdx.length);
    }

    // ---- access
    // ------------------------------------------------------------------------------------------------------

    /** Position of the first entry of a row. */
    public int rowStart(int row) {
        return rowPtr[row];
    }

    /** Position after the last entry of a row. */
    public int rowEnd(int row) {
        return rowPtr[row + 1];
    }

    public int rowNnz(int row) {
        return rowPtr[row + 1] - rowPtr[row];
    }

    /** Column of the entry at a position. */
    public int col(int position) {
        return colIdx[position];
    }

    /** Row of the entry at a position, by binary search: O(log rows). */
    public int rowOf(int position) {
        Objects.checkIndex(position, colIdx.length);
        int low = 0;
        int high = rows - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (rowPtr[middle + 1] > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Position of an entry, or -1 if it is not in the pattern. O(log nnz of the row). */
    public int position(int row, int col) {
        Objects.checkIndex(row, rows);
        Objects.checkIndex(col, cols);
        int at = Arrays.binarySearch(colIdx, rowPtr[row], rowPtr[row + 1], col);
        return at >= 0 ? at : -1;
    }

    public boolean contains(int row, int col) {
        return position(row, col) >= 0;
    }

    public int[] copyRowPtr() {
        return rowPtr.clone();
    }

    public int[] copyColIdx() {
        return colIdx.clone();
    }

    /** The {@code rows + 1} row pointers as a read-only heap segment of native-order ints: a view, nothing is copied. */
    public MemorySegment rowPtrSegment() {
        return MemorySegment.ofArray(rowPtr).asReadOnly();
    }

    /** The {@code nnz} columns as a read-only heap segment of native-order ints: a view, nothing is copied. */
    public MemorySegment colIdxSegment() {
        return MemorySegment.ofArray(colIdx).asReadOnly();
    }

    /** Visits the entries in the order of their positions. */
    public void forEach(EntryVisitor visitor) {
        for (int r = 0; r < rows; r++) {
            for (int p = rowPtr[r]; p < rowPtr[r + 1]; p++) {
                visitor.visit(r, colIdx[p], p);
            }
        }
    }

    /** The flat row-major indices {@code r * cols + c} of the entries, ascending. */
    public LongStream flatIndices() {
        return IntStream.range(0, rows)
                .mapToObj(r -> IntStream.range(rowPtr[r], rowPtr[r + 1]).mapToLong(p -> (long) r * cols + colIdx[p]))
                .flatMapToLong(s -> s);
    }

    /**
     * The pattern as a row-major bit set of {@code ceil(rows * cols / 64)} words, the inverse of {@link #fromBits}.
     *
     * @throws IllegalArgumentException if that many words do not fit an array
     */
    public long[] toBits() {
        long[] bits = new long[PatternBuilding.wordCount(rows, cols)];
        forEach((r, c, p) -> {
            long flat = (long) r * cols + c;
            bits[(int) (flat >>> 6)] |= 1L << flat;
        });
        return bits;
    }

    // ---- algebra
    // -----------------------------------------------------------------------------------------------------

    /**
     * A transposed pattern with the way its values go.
     *
     * @param permutation entry {@code p} of {@code pattern} is entry {@code permutation[p]} of the original. The array
     *     belongs to the caller. Records compare arrays by identity
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, to whoever asked for the transpose
    public record Transposed(SparsityPattern pattern, int[] permutation) {}

    /** The transpose, in O(nnz + rows + cols) by counting. */
    public Transposed transpose() {
        return PatternAlgebra.transpose(this, rowPtr, colIdx);
    }

    /** Entries in this pattern, the other or both. */
    public SparsityPattern union(SparsityPattern other) {
        return PatternAlgebra.merge(this, other, true, true, true);
    }

    /** Entries in both patterns. */
    public SparsityPattern intersect(SparsityPattern other) {
        return PatternAlgebra.merge(this, other, false, true, false);
    }

    /** Entries in this pattern and not in the other. */
    public SparsityPattern minus(SparsityPattern other) {
        return PatternAlgebra.merge(this, other, true, false, false);
    }

    /**
     * The entries whose position is set in a bit set over positions: bit {@code p & 63} of word {@code p >> 6}.
     *
     * @throws IllegalArgumentException if there are not exactly {@code ceil(nnz / 64)} words, or a bit beyond the last
     *     position is set
     */
    public SparsityPattern retain(long[] keptPositions) {
        return PatternAlgebra.retain(this, keptPositions);
    }

    /** Entries that are not in this pattern. */
    public SparsityPattern complement() {
        return PatternAlgebra.complement(this);
    }

    /** Whether every entry of {@code other} is in this pattern. */
    public boolean containsAll(SparsityPattern other) {
        return Arrays.stream(other.positionsIn(this)).allMatch(p -> p >= 0);
    }

    /** For each entry of this pattern its position in {@code other}, or -1 where {@code other} lacks it. O(nnz of both). */
    public int[] positionsIn(SparsityPattern other) {
        return PatternAlgebra.positionsIn(this, other);
    }

    // ---- identity
    // ----------------------------------------------------------------------------------------------------

    /**
     * 32 hexadecimal digits: the first 128 bits of the SHA-256 of shape and structure. Equal patterns have equal digests
     * on every machine; computed once.
     */
    public String digest() {
        String known = digest;
        if (known == null) {
            known = PatternDigest.of(rows, cols, rowPtr, colIdx);
            digest = known;
        }
        return known;
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return this == o
                || (o instanceof SparsityPattern other
                        && rows == other.rows
                        && cols == other.cols
                        && colIdx.length == other.colIdx.length
                        && Arrays.equals(rowPtr, other.rowPtr)
                        && Arrays.equals(colIdx, other.colIdx));
    }

    @Override
    public int hashCode() {
        Integer known = hash;
        if (known == null) {
            known = 31 * (31 * (31 * rows + cols) + Arrays.hashCode(rowPtr)) + Arrays.hashCode(colIdx);
            hash = known;
        }
        return known;
    }

    /** Shape and counts, for example {@code 128x784 nnz=10035 (sparsity 0.9000)}. */
    @Override
    public String toString() {
        return rows + "x" + cols + " nnz=" + colIdx.length
                + String.format(java.util.Locale.ROOT, " (sparsity %.4f)", sparsity());
    }
}
