package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Compressed sparse columns: entry {@code p} of column {@code c}, {@code colStart(c) <= p < colEnd(c)}, lies in row
 * {@code row(p)}; rows ascend strictly within a column. The same arrays are the CSR of the transpose, and that is how they
 * are kept.
 */
public final class CscMatrix implements HostMatrix {

    private final CsrMatrix transposed;

    private CscMatrix(CsrMatrix transposed) {
        this.transposed = transposed;
    }

    /**
     * The matrix with these arrays, which are validated and copied.
     *
     * @param colPtr {@code cols + 1} offsets into {@code rowIdx}, from 0 to {@code rowIdx.length}, never falling
     * @param rowIdx rows, strictly ascending within each column
     * @param values one for each entry of {@code rowIdx}
     * @throws IllegalArgumentException naming the column and the position of the first violation
     */
    public static CscMatrix of(int rows, int cols, int[] colPtr, int[] rowIdx, float[] values) {
        int[] ownColPtr = colPtr.clone();
        int[] ownRowIdx = rowIdx.clone();
        PatternChecks.checkCsc(rows, cols, ownColPtr, ownRowIdx);
        return new CscMatrix(CsrMatrix.of(
                SparsityPattern.trusted(/* rows= */ cols, /* cols= */ rows, ownColPtr, ownRowIdx), values));
    }

    /** The matrix whose transpose is given. Shares the arrays. */
    public static CscMatrix ofTransposed(CsrMatrix transposed) {
        return new CscMatrix(transposed);
    }

    /** The transpose as CSR, which has the same arrays: nothing is copied. */
    public CsrMatrix transposedCsr() {
        return transposed;
    }

    @Override
    public int rows() {
        return transposed.cols();
    }

    @Override
    public int cols() {
        return transposed.rows();
    }

    @Override
    public long nnz() {
        return transposed.nnz();
    }

    /** Position of the first entry of a column. */
    public int colStart(int col) {
        return transposed.pattern().rowStart(col);
    }

    /** Position after the last entry of a column. */
    public int colEnd(int col) {
        return transposed.pattern().rowEnd(col);
    }

    /** Row of the entry at a position. */
    public int row(int position) {
        return transposed.pattern().col(position);
    }

    /** Value of the entry at a position. */
    public float value(int position) {
        return transposed.value(position);
    }

    /** The element at a row and column, +0 where there is no entry. */
    public float get(int row, int col) {
        return transposed.get(/* row= */ col, /* col= */ row);
    }

    public int[] copyColPtr() {
        return transposed.pattern().copyRowPtr();
    }

    public int[] copyRowIdx() {
        return transposed.pattern().copyColIdx();
    }

    public float[] copyValues() {
        return transposed.copyValues();
    }

    /** The values as a read-only heap segment of native-order floats: a view, nothing is copied. */
    public MemorySegment valuesSegment() {
        return transposed.valuesSegment();
    }

    @Override
    public CsrMatrix toCsr() {
        return transposed.transpose();
    }

    @Override
    public CscMatrix toCsc() {
        return this;
    }

    @Override
    public CooMatrix toCoo() {
        return toCsr().toCoo();
    }

    @Override
    public DenseMatrix toDense() {
        return toCsr().toDense();
    }

    @Override
    public CscMatrix transpose() {
        return new CscMatrix(transposed.transpose());
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return this == o || (o instanceof CscMatrix other && transposed.equals(other.transposed));
    }

    @Override
    public int hashCode() {
        return ~transposed.hashCode();
    }

    @Override
    public String toString() {
        return "CSC " + rows() + "x" + cols() + " nnz=" + nnz();
    }
}
