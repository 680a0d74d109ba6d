package dev.gossamer.bench;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;

/** C = A·Bᵀ on the entries of a pattern: a linear layer's weight gradient. */
final class SddmmProblem {

    final SparsityPattern pattern;
    /** {@code pattern.rows() x columns}, row-major. */
    final float[] a;
    /** {@code pattern.cols() x columns}, row-major. */
    final float[] b;
    /** Terms of each sum: the batch. */
    final int columns;

    SddmmProblem(SparsityPattern pattern, int columns, long seed) {
        this.pattern = pattern;
        this.columns = columns;
        this.a = Patterns.numbers(Math.multiplyExact(pattern.rows(), columns), seed);
        this.b = Patterns.numbers(Math.multiplyExact(pattern.cols(), columns), seed + 1);
    }

    Work work() {
        double moved = 8.0 * pattern.nnz() + 4.0 * columns * (pattern.rows() + pattern.cols());
        return new Work(2.0 * pattern.nnz() * columns, moved);
    }

    /** Runs a contender that computes the pattern's entries once, and fails unless its answer is right. */
    void verify(String who, Contender contender) {
        verify(who, contender, false);
    }

    /**
     * Runs the contender once and fails unless its answer is right.
     *
     * @param dense whether it computes all of A·Bᵀ, of which the pattern's entries are looked at
     */
    void verify(String who, Contender contender, boolean dense) {
        int nnz = Math.toIntExact(pattern.nnz());
        float[] want = new float[nnz];
        float[] magnitudes = new float[nnz];
        float[] got = new float[nnz];
        contender.run();
        float[] result = contender.result();
        pattern.forEach((row, col, p) -> {
            double sum = 0;
            double magnitude = 0;
            for (int n = 0; n < columns; n++) {
                double term = (double) a[row * columns + n] * b[col * columns + n];
                sum += term;
                magnitude += Math.abs(term);
            }
            want[p] = (float) sum;
            magnitudes[p] = (float) magnitude;
            got[p] = dense ? result[row * pattern.cols() + col] : result[p];
        });
        Close.check(who, got, want, magnitudes, columns + 1L);
    }
}
