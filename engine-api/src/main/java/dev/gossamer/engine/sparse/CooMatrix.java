package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Coordinates: entry {@code p} is {@code value(p)} at {@code (row(p), col(p))}. Entries may be given in any order; they are
 * kept sorted by row, then column, without duplicates.
 */
public final class CooMatrix implements HostMatrix {

    /** What to do with several entries for one element. */
    public enum Duplicates {
        /** They are an error that names both. */
        REFUSE,

        /** They are added in the order given, in double, and rounded to float once. Single entries keep their bits. */
        SUM
    }

    private final int rows;
    private final int cols;
    private final int[] rowIdx;
    private final int[] colIdx;
    private final float[] values;

    private CooMatrix(int rows, int cols, int[] rowIdx, int[] colIdx, float[] values) {
        this.rows = rows;
        this.cols = cols;
        this.rowIdx = rowIdx;
        this.colIdx = colIdx;
        this.values = values;
    }

    /**
     * The matrix with these entries, which are validated, copied and sorted.
     *
     * @throws IllegalArgumentException if the arrays differ in length, naming the first entry out of range, or naming the
     *     entries of a duplicate if those are refused
     */
    public static CooMatrix of(int rows, int cols, int[] rowIdx, int[] colIdx, float[] values, Duplicates duplicates) {
        Objects.requireNonNull(duplicates, "duplicates");
        int[] ownRowIdx = rowIdx.clone();
        int[] ownColIdx = colIdx.clone();
        float[] ownValues = values.clone();
        check(rows, cols, ownRowIdx, ownColIdx, ownValues);
        int[] order = CooSorting.order(ownRowIdx, ownColIdx, rows, cols);
        if (order != null) {
            ownRowIdx = FloatBits.permute(ownRowIdx, order);
            ownColIdx = FloatBits.permute(ownColIdx, order);
            ownValues = FloatBits.permute(ownValues, order);
        }
        int firstDuplicate = CooSorting.firstDuplicate(ownRowIdx, ownColIdx);
        if (firstDuplicate < 0) {
            return new CooMatrix(rows, cols, ownRowIdx, ownColIdx, ownValues);
        }
        if (duplicates == Duplicates.REFUSE) {
            throw new DuplicateEntryException(
                    ownRowIdx[firstDuplicate],
                    ownColIdx[firstDuplicate],
                    order == null ? firstDuplicate - 1 : order[firstDuplicate - 1],
                    order == null ? firstDuplicate : order[firstDuplicate]);
        }
        int unique = CooSorting.sumDuplicates(ownRowIdx, ownColIdx, ownValues);
        return new CooMatrix(
                rows,
                cols,
                Arrays.copyOf(ownRowIdx, unique),
                Arrays.copyOf(ownColIdx, unique),
                Arrays.copyOf(ownValues, unique));
    }

    /** Takes arrays that the caller guarantees to be sorted, unique and in range, and hands over. */
    static CooMatrix trusted(int rows, int cols, int[] rowIdx, int[] colIdx, float[] values) {
        return new CooMatrix(rows, cols, rowIdx, colIdx, values);
    }

    private static void check(int rows, int cols, int[] rowIdx, int[] colIdx, float[] values) {
        PatternChecks.checkShape(rows, cols);
        if (rowIdx.length != colIdx.length || rowIdx.length != values.length) {
            throw new IllegalArgumentException("as many rows as columns and values are needed, got " + rowIdx.length
                    + " rowIdx, " + colIdx.length + " colIdx, " + values.length + " values");
        }
        for (int p = 0; p < rowIdx.length; p++) {
            if (rowIdx[p] < 0 || rowIdx[p] >= rows || colIdx[p] < 0 || colIdx[p] >= cols) {
                throw new IllegalArgumentException("entry " + p + " at (" + rowIdx[p] + ", " + colIdx[p]
                        + ") is outside a " + rows + "x" + cols + " matrix (indices count from 0)");
            }
        }
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int cols() {
        return cols;
    }

    @Override
    public long nnz() {
        return values.length;
    }

    public int row(int position) {
        return rowIdx[position];
    }

    public int col(int position) {
        return colIdx[position];
    }

    public float value(int position) {
        return values[position];
    }

    public int[] copyRowIdx() {
        return rowIdx.clone();
    }

    public int[] copyColIdx() {
        return colIdx.clone();
    }

    public float[] copyValues() {
        return values.clone();
    }

    /** The values as a read-only heap segment of native-order floats: a view, nothing is copied. */
    public MemorySegment valuesSegment() {
        return MemorySegment.ofArray(values).asReadOnly();
    }

    /** The structure without the values. */
    public SparsityPattern pattern() {
        return toCsr().pattern();
    }

    @Override
    public CsrMatrix toCsr() {
        int[] rowPtr = new int[rows + 1];
        for (int r : rowIdx) {
            rowPtr[r + 1]++;
        }
        for (int r = 0; r < rows; r++) {
            rowPtr[r + 1] += rowPtr[r];
        }
        return CsrMatrix.trusted(SparsityPattern.trusted(rows, cols, rowPtr, colIdx), values);
    }

    @Override
    public CscMatrix toCsc() {
        return CscMatrix.ofTransposed(transpose().toCsr());
    }

    @Override
    public CooMatrix toCoo() {
        return this;
    }

    @Override
    public DenseMatrix toDense() {
        float[] elements = new float[PatternChecks.checkNnz((long) rows * cols)];
        for (int p = 0; p < values.length; p++) {
            elements[rowIdx[p] * cols + colIdx[p]] = values[p];
        }
        return DenseMatrix.trusted(rows, cols, elements);
    }

    @Override
    public CooMatrix transpose() {
        return of(cols, rows, colIdx, rowIdx, values, Duplicates.REFUSE);
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return this == o
                || (o instanceof CooMatrix other
                        && rows == other.rows
                        && cols == other.cols
                        && Arrays.equals(rowIdx, other.rowIdx)
                        && Arrays.equals(colIdx, other.colIdx)
                        && FloatBits.equal(values, other.values));
    }

    @Override
    public int hashCode() {
        int structure = 31 * (31 * rows + cols) + Arrays.hashCode(rowIdx);
        return 31 * (31 * structure + Arrays.hashCode(colIdx)) + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "COO " + rows + "x" + cols + " nnz=" + values.length;
    }
}
