package dev.gossamer.bench;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** C = A·B or C = Aᵀ·B with sparse A, as numbers on the host, and its answer from a double-precision loop. */
final class SpmmProblem {

    final SparsityPattern pattern;
    /** A's values in canonical order. */
    final float[] values;
    /** B, row-major, {@link #depth()} x {@link #columns}. */
    final float[] b;
    /** Columns of B and C. */
    final int columns;

    final boolean transposed;

    /** Once somebody asked: it takes longer than what is measured. */
    private @Nullable Exact exact;

    SpmmProblem(SparsityPattern pattern, int columns, long seed) {
        this(pattern, columns, seed, false);
    }

    private SpmmProblem(SparsityPattern pattern, int columns, long seed, boolean transposed) {
        this.pattern = pattern;
        this.columns = columns;
        this.transposed = transposed;
        this.values = Patterns.numbers(Math.toIntExact(pattern.nnz()), seed);
        this.b = Patterns.numbers(Math.multiplyExact(depth(), columns), seed + 1);
    }

    /** With A's transpose in place of A, as an input gradient has it. */
    static SpmmProblem transposed(SparsityPattern pattern, int columns, long seed) {
        return new SpmmProblem(pattern, columns, seed, true);
    }

    /** Rows of C. */
    int rows() {
        return transposed ? pattern.cols() : pattern.rows();
    }

    /** Rows of B. */
    int depth() {
        return transposed ? pattern.rows() : pattern.cols();
    }

    Work work() {
        double moved = 8.0 * pattern.nnz() + 4.0 * columns * (rows() + depth());
        return new Work(2.0 * pattern.nnz() * columns, moved);
    }

    /** Of the product with A dense. */
    Work denseWork() {
        double entries = (double) pattern.rows() * pattern.cols();
        return new Work(2 * entries * columns, 4 * entries + 4.0 * columns * (rows() + depth()));
    }

    /** A with its zeros, row-major. */
    float[] denseA() {
        float[] dense = new float[Math.multiplyExact(pattern.rows(), pattern.cols())];
        pattern.forEach((row, col, position) -> dense[row * pattern.cols() + col] = values[position]);
        return dense;
    }

    /** The answer, and what bounds its error. */
    @SuppressWarnings("ArrayRecordComponent") // read only, never compared
    private record Exact(float[] want, float[] magnitudes, long terms) {}

    /** Runs the contender once and fails unless its answer is right. */
    void verify(String who, Contender contender) {
        Exact right = exact();
        contender.run();
        Close.check(who, contender.result(), right.want, right.magnitudes, right.terms);
    }

    private Exact exact() {
        if (exact == null) {
            exact = compute();
        }
        return exact;
    }

    private Exact compute() {
        int size = Math.multiplyExact(rows(), columns);
        double[] sums = new double[size];
        double[] sizes = new double[size];
        int[] terms = new int[rows()];
        pattern.forEach((row, col, position) -> {
            int to = transposed ? col : row;
            int from = transposed ? row : col;
            terms[to]++;
            for (int n = 0; n < columns; n++) {
                double term = (double) values[position] * b[from * columns + n];
                sums[to * columns + n] += term;
                sizes[to * columns + n] += Math.abs(term);
            }
        });
        float[] want = new float[size];
        float[] magnitudes = new float[size];
        for (int i = 0; i < size; i++) {
            want[i] = (float) sums[i];
            magnitudes[i] = (float) sizes[i];
        }
        return new Exact(want, magnitudes, Arrays.stream(terms).max().orElse(0) + 1L);
    }
}
