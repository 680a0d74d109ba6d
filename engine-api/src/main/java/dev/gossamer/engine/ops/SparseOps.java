package dev.gossamer.engine.ops;

import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;

/**
 * Products and conversions of a sparse matrix A, m×k, given by values over a space with a pattern (a dense space counts as
 * the full pattern). Tensors are read as matrices {@code [features, batch]} in either layout, both operands in the same one;
 * NATIVE ones have no plane (height = width = 1).
 *
 * <p>Where {@code beta = 0} the output is not read. Outputs must not alias inputs.
 *
 * <p><b>Determinism.</b> In {@link #spmm} and {@link #spmmTransposed} each output element is one FMA chain over
 * {@code (alpha·a)·b} in ascending index of the reduced dimension, starting from {@code beta·c}; {@link #spmv} has sums of its
 * own. Backends whose hardware leaves no other choice say so in their {@code describe()}.
 */
public interface SparseOps {

    /**
     * {@code y = alpha·A·x + beta·y}; x is {@code [k, 1]}, y is {@code [m, 1]}, both row-major. 2·nnz FLOP.
     *
     * <p>Where only the entries of the pattern are stored, a row of n entries, numbered q = 0, 1, … from its first, is added
     * thus, at every vector width and with any number of threads: of the first {@code n - n mod 4}, entry q adds to the sum s[q
     * mod 8], eight FMA chains that start from +0; then {@code ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))}; the last
     * {@code n mod 4} entries continue that as one FMA chain. This times alpha is the output where beta = 0, else {@code
     * fma(beta, y, alpha·sum)}. Where zeros are stored too, that is in a dense space or one stored densely, it is one chain as in
     * {@link #spmm}.
     */
    void spmv(float alpha, Values a, Tensor x, float beta, Tensor y);

    /** {@code C = alpha·A·B + beta·C}; B is k×n, C is m×n. 2·nnz·n FLOP. */
    void spmm(float alpha, Values a, Tensor b, float beta, Tensor c);

    /** {@code C = alpha·Aᵀ·B + beta·C}; B is m×n, C is k×n. 2·nnz·n FLOP. */
    void spmmTransposed(float alpha, Values a, Tensor b, float beta, Tensor c);

    /**
     * Sampled dense-dense product: {@code C[i,j] = alpha·⟨A[i,:], B[j,:]⟩ + beta·C[i,j]} on the entries of C's pattern only;
     * A is m×n, B is k×n, C a space of m×k. 2·nnz·n FLOP.
     */
    void sddmm(float alpha, Tensor a, Tensor b, float beta, Values c);

    /** {@code values[p] = dense[row(p), col(p)]} for every entry p. */
    void gather(Tensor dense, Values values);

    /** {@code dense = 0}, then {@code dense[row(p), col(p)] = values[p]}. */
    void scatter(Values values, Tensor dense);

    /**
     * Repatterns the target's space to the entries with {@code |x| >= threshold} and copies them. NaN is refused, and nothing
     * is changed then. Waits.
     *
     * @param threshold at least 0 and not NaN; 0 keeps everything
     */
    void sparsify(Tensor dense, float threshold, Values target);

    /**
     * Repatterns the target's space to exactly the {@code keep} entries of largest magnitude (ties to the lower row-major
     * index) and copies them. NaN is refused, and nothing is changed then. Waits.
     */
    void sparsifyTop(Tensor dense, long keep, Values target);
}
