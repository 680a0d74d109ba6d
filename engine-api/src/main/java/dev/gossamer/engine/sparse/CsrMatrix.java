package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Compressed sparse rows: a {@link SparsityPattern} and a value for each of its positions. */
public final class CsrMatrix implements HostMatrix {

    private final SparsityPattern pattern;
    private final float[] values;

    private CsrMatrix(SparsityPattern pattern, float[] values) {
        this.pattern = pattern;
        this.values = values;
    }

    /**
     * The matrix with these values, which are copied.
     *
     * @param values one for each position of the pattern
     * @throws IllegalArgumentException if the counts differ
     */
    public static CsrMatrix of(SparsityPattern pattern, float[] values) {
        FloatBits.checkCount(pattern.nnz(), values);
        return new CsrMatrix(pattern, values.clone());
    }

    /** As {@link SparsityPattern#of} and {@link #of(SparsityPattern, float[])}. */
    public static CsrMatrix of(int rows, int cols, int[] rowPtr, int[] colIdx, float[] values) {
        return of(SparsityPattern.of(rows, cols, rowPtr, colIdx), values);
    }

    /** Takes values of the right length that the caller hands over. */
    static CsrMatrix trusted(SparsityPattern pattern, float[] values) {
        return new CsrMatrix(pattern, values);
    }

    public SparsityPattern pattern() {
        return pattern;
    }

    @Override
    public int rows() {
        return pattern.rows();
    }

    @Override
    public int cols() {
        return pattern.cols();
    }

    @Override
    public long nnz() {
        return values.length;
    }

    /** Value of the entry at a position. */
    public float value(int position) {
        return values[position];
    }

    /** The element at a row and column, +0 where there is no entry. */
    public float get(int row, int col) {
        int position = pattern.position(row, col);
        return position < 0 ? 0f : values[position];
    }

    public float[] copyValues() {
        return values.clone();
    }

    /** The {@code nnz} values as a read-only heap segment of native-order floats: a view, nothing is copied. */
    public MemorySegment valuesSegment() {
        return MemorySegment.ofArray(values).asReadOnly();
    }

    @Override
    public CsrMatrix toCsr() {
        return this;
    }

    @Override
    public CscMatrix toCsc() {
        return CscMatrix.ofTransposed(transpose());
    }

    @Override
    public CooMatrix toCoo() {
        int[] rowIdx = new int[values.length];
        for (int r = 0; r < rows(); r++) {
            Arrays.fill(rowIdx, pattern.rowStart(r), pattern.rowEnd(r), r);
        }
        return CooMatrix.trusted(rows(), cols(), rowIdx, pattern.copyColIdx(), values);
    }

    @Override
    public DenseMatrix toDense() {
        float[] elements = new float[PatternChecks.checkNnz(pattern.size())];
        int cols = cols();
        pattern.forEach((r, c, p) -> elements[r * cols + c] = values[p]);
        return DenseMatrix.trusted(rows(), cols, elements);
    }

    @Override
    public CsrMatrix transpose() {
        SparsityPattern.Transposed transposed = pattern.transpose();
        return new CsrMatrix(transposed.pattern(), FloatBits.permute(values, transposed.permutation()));
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return this == o
                || (o instanceof CsrMatrix other
                        && pattern.equals(other.pattern)
                        && FloatBits.equal(values, other.values));
    }

    @Override
    public int hashCode() {
        return 31 * pattern.hashCode() + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "CSR " + pattern;
    }
}
