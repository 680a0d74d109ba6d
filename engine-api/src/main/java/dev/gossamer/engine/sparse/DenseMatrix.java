package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Every element stored, row-major: element {@code (r, c)} is at {@code r * cols + c}. */
public final class DenseMatrix implements HostMatrix {

    private final int rows;
    private final int cols;
    private final float[] elements;

    private DenseMatrix(int rows, int cols, float[] elements) {
        this.rows = rows;
        this.cols = cols;
        this.elements = elements;
    }

    /**
     * The matrix with these elements, which are copied.
     *
     * @param elements {@code rows * cols} floats, row-major
     * @throws IllegalArgumentException if the counts differ
     */
    public static DenseMatrix of(int rows, int cols, float[] elements) {
        PatternChecks.checkShape(rows, cols);
        if ((long) rows * cols != elements.length) {
            throw new IllegalArgumentException("a " + rows + "x" + cols + " matrix has " + (long) rows * cols
                    + " elements, got " + elements.length);
        }
        return new DenseMatrix(rows, cols, elements.clone());
    }

    /** Takes elements of the right count that the caller hands over. */
    static DenseMatrix trusted(int rows, int cols, float[] elements) {
        return new DenseMatrix(rows, cols, elements);
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
        return elements.length;
    }

    public float get(int row, int col) {
        Objects.checkIndex(row, rows);
        return elements[row * cols + Objects.checkIndex(col, cols)];
    }

    public float[] copyElements() {
        return elements.clone();
    }

    /** The elements as a read-only heap segment of native-order floats: a view, nothing is copied. */
    public MemorySegment elementsSegment() {
        return MemorySegment.ofArray(elements).asReadOnly();
    }

    /**
     * The entries of a pattern as CSR, whatever their values; elements outside the pattern are dropped.
     *
     * @throws IllegalArgumentException if the shapes differ
     */
    public CsrMatrix gather(SparsityPattern pattern) {
        if (pattern.rows() != rows || pattern.cols() != cols) {
            throw new IllegalArgumentException("a pattern of " + pattern.rows() + "x" + pattern.cols()
                    + " cannot pick from a matrix of " + rows + "x" + cols);
        }
        float[] values = new float[(int) pattern.nnz()];
        pattern.forEach((r, c, p) -> values[p] = elements[r * cols + c]);
        return CsrMatrix.trusted(pattern, values);
    }

    /**
     * The elements whose bits are not those of +0, as CSR. So -0 and NaN become entries, and converting back gives the same
     * bits; an explicit +0 of a sparse matrix is lost on the way through a dense one unless {@link #gather} is used.
     */
    @Override
    public CsrMatrix toCsr() {
        return gather(SparsityPattern.fromMask(
                rows, cols, (r, c) -> Float.floatToRawIntBits(elements[r * cols + c]) != 0));
    }

    /** The elements that {@link #toCsr} chooses, as CSC. */
    @Override
    public CscMatrix toCsc() {
        return toCsr().toCsc();
    }

    /** The elements that {@link #toCsr} chooses, as COO. */
    @Override
    public CooMatrix toCoo() {
        return toCsr().toCoo();
    }

    @Override
    public DenseMatrix toDense() {
        return this;
    }

    @Override
    public DenseMatrix transpose() {
        float[] transposed = new float[elements.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                transposed[c * rows + r] = elements[r * cols + c];
            }
        }
        return new DenseMatrix(cols, rows, transposed);
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return this == o
                || (o instanceof DenseMatrix other
                        && rows == other.rows
                        && cols == other.cols
                        && FloatBits.equal(elements, other.elements));
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows + cols) + Arrays.hashCode(elements);
    }

    @Override
    public String toString() {
        return "dense " + rows + "x" + cols;
    }
}
