package dev.gossamer.bench;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;

/** C = A·B with sparse A, as numbers on the host, and its answer from a double-precision loop. */
final class SpmmProblem {

    final SparsityPattern pattern;
    /** A's values in canonical order. */
    final float[] values;
    /** B, row-major, {@code pattern.cols() x columns}. */
    final float[] b;
    /** Columns of B and C. */
    final int columns;

    SpmmProblem(SparsityPattern pattern, int columns, long seed) {
        this.pattern = pattern;
        this.columns = columns;
        this.values = Patterns.numbers(Math.toIntExact(pattern.nnz()), seed);
        this.b = Patterns.numbers(Math.multiplyExact(pattern.cols(), columns), seed + 1);
    }

    /** 2·nnz·N. */
    double flops() {
        return 2.0 * pattern.nnz() * columns;
    }

    /** A with its zeros, row-major. */
    float[] denseA() {
        float[] dense = new float[Math.multiplyExact(pattern.rows(), pattern.cols())];
        pattern.forEach((row, col, position) -> dense[row * pattern.cols() + col] = values[position]);
        return dense;
    }

    /** Runs the contender once and fails unless its answer is right. */
    void verify(String who, Contender contender) {
        float[] want = new float[Math.multiplyExact(pattern.rows(), columns)];
        float[] magnitudes = new float[want.length];
        int longest = 0;
        for (int row = 0; row < pattern.rows(); row++) {
            longest = Math.max(longest, pattern.rowNnz(row));
            for (int n = 0; n < columns; n++) {
                double sum = 0;
                double magnitude = 0;
                for (int p = pattern.rowStart(row); p < pattern.rowEnd(row); p++) {
                    double term = (double) values[p] * b[pattern.col(p) * columns + n];
                    sum += term;
                    magnitude += Math.abs(term);
                }
                want[row * columns + n] = (float) sum;
                magnitudes[row * columns + n] = (float) magnitude;
            }
        }
        contender.run();
        Close.check(who, contender.result(), want, magnitudes, longest + 1L);
    }
}
