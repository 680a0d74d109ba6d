package dev.gossamer.bench;

import dev.gossamer.engine.sparse.SparsityPattern;
import org.ejml.EjmlVersion;
import org.ejml.concurrency.EjmlConcurrency;
import org.ejml.data.FMatrixRMaj;
import org.ejml.data.FMatrixSparseCSC;
import org.ejml.dense.row.CommonOps_FDRM;
import org.ejml.sparse.csc.CommonOps_FSCC;

/** EJML on one thread, the peer that is Java all through: sparse matrices by columns, dense ones row-major. */
final class Ejml {

    private Ejml() {}

    /** Its version. */
    static String version() {
        return "EJML " + EjmlVersion.VERSION;
    }

    /** It goes to all cores by itself where a matrix is large. */
    private static void stayOnOneThread() {
        EjmlConcurrency.USE_CONCURRENT = false;
    }

    /** {@code CommonOps_FSCC.mult}: sparse times dense. */
    static final class Sparse implements Contender {

        private final FMatrixSparseCSC a;
        private final FMatrixRMaj b;
        private final FMatrixRMaj c;

        Sparse(SpmmProblem problem) {
            stayOnOneThread();
            this.a = byColumns(problem);
            this.b = new FMatrixRMaj(problem.depth(), problem.columns, true, problem.b);
            this.c = new FMatrixRMaj(problem.rows(), problem.columns);
        }

        /** The matrix that is multiplied: a problem's transposed matrix is transposed here. */
        private static FMatrixSparseCSC byColumns(SpmmProblem problem) {
            SparsityPattern pattern = problem.pattern;
            int nnz = Math.toIntExact(pattern.nnz());
            FMatrixSparseCSC matrix = new FMatrixSparseCSC(problem.rows(), problem.depth(), nnz);
            pattern.forEach((row, col, position) -> matrix.col_idx[(problem.transposed ? row : col) + 1]++);
            for (int col = 0; col < matrix.numCols; col++) {
                matrix.col_idx[col + 1] += matrix.col_idx[col];
            }
            int[] next = matrix.col_idx.clone();
            pattern.forEach((row, col, position) -> {
                int to = next[problem.transposed ? row : col]++;
                matrix.nz_rows[to] = problem.transposed ? col : row;
                matrix.nz_values[to] = problem.values[position];
            });
            matrix.nz_length = nnz;
            matrix.indicesSorted = true;
            return matrix;
        }

        @Override
        public void run() {
            CommonOps_FSCC.mult(a, b, c);
        }

        @Override
        public float[] result() {
            return c.data.clone();
        }

        @Override
        public void close() {}
    }

    /** {@code CommonOps_FDRM.mult}; the zeros of a problem's matrix are multiplied too. */
    static final class Dense implements Contender {

        private final FMatrixRMaj a;
        private final FMatrixRMaj b;
        private final FMatrixRMaj c;
        private final boolean transposed;

        Dense(SpmmProblem problem) {
            stayOnOneThread();
            this.a = new FMatrixRMaj(problem.pattern.rows(), problem.pattern.cols(), true, problem.denseA());
            this.b = new FMatrixRMaj(problem.depth(), problem.columns, true, problem.b);
            this.c = new FMatrixRMaj(problem.rows(), problem.columns);
            this.transposed = problem.transposed;
        }

        @Override
        public void run() {
            if (transposed) {
                CommonOps_FDRM.multTransA(a, b, c);
            } else {
                CommonOps_FDRM.mult(a, b, c);
            }
        }

        @Override
        public float[] result() {
            return c.data.clone();
        }

        @Override
        public void close() {}
    }
}
