package dev.gossamer.engine.ops;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;

/** Dense matrix product on row-major tensors, and elementwise ops on values of one space. */
public interface DenseOps {

    /**
     * {@code C = alpha·op(A)·op(B) + beta·C}, op being the transpose where asked; op(A) is m×k, op(B) is k×n, C is m×n, all
     * row-major. beta = 0 means C is not read. C must not alias A or B.
     */
    void gemm(boolean transposeA, boolean transposeB, float alpha, Tensor a, Tensor b, float beta, Tensor c);

    /** {@code values[p] = value}. */
    void fill(Values values, float value);

    /** {@code to[p] = from[p]}; both of one space. */
    void copy(Values from, Values to);

    /** {@code y[p] = fma(alpha, x[p], y[p])}; both of one space. */
    void axpy(float alpha, Values x, Values y);

    /** {@code out[p] = x[p]·y[p]}; all of one space, out may be x or y. */
    void multiply(Values x, Values y, Values out);

    /** {@code y[p] = fma(x[p], x[p], y[p])}: running sums of squared gradients. Both of one space, y is not x. */
    void addSquare(Values x, Values y);

    /** {@code out = Σ x[p]·y[p]}, summed in a fixed order with at least f32 partial sums; both of one space. */
    void dot(Values x, Values y, Cell out);
}
