package dev.gossamer.engine.sparse;

/**
 * An f32 matrix on the host in one of the accepted formats. All are immutable, canonical and base 0, and convert to each
 * other; computing is done on CSR.
 *
 * <p>A sparse format stores {@code nnz} entries, and an entry may hold any float: an explicit zero of either sign, an
 * infinity, a NaN. Conversions among the sparse formats keep entries and bits (also those of a NaN). A dense matrix has no
 * notion of a stored entry: {@link DenseMatrix#toCsr()} and its kin say which elements become entries.
 *
 * <p>Equality is of format, shape, structure and value bits: +0 differs from -0, a NaN equals itself.
 */
public sealed interface HostMatrix permits CsrMatrix, CscMatrix, CooMatrix, DenseMatrix {

    int rows();

    int cols();

    /** Number of stored entries; for a dense matrix {@code rows * cols}. */
    long nnz();

    /** This matrix as CSR; itself if it is one. */
    CsrMatrix toCsr();

    /** This matrix as CSC; itself if it is one. */
    CscMatrix toCsc();

    /** This matrix as COO; itself if it is one. */
    CooMatrix toCoo();

    /**
     * This matrix with every element stored; itself if it is dense. Elements without an entry become +0.
     *
     * @throws IllegalArgumentException if {@code rows * cols} exceeds {@link SparsityPattern#MAX_NNZ}
     */
    DenseMatrix toDense();

    /** The transposed matrix in the same format. */
    HostMatrix transpose();
}
