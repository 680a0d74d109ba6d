package dev.gossamer.engine.sparse;

import java.util.Arrays;

/** Set operations and transposition on canonical patterns: linear merges, no hashing, no sorting. */
final class PatternAlgebra {

    private PatternAlgebra() {}

    static SparsityPattern.Transposed transpose(SparsityPattern a, int[] rowPtr, int[] colIdx) {
        PatternChecks.checkShape(a.cols(), a.rows());
        int[] permutation = new int[colIdx.length];
        int[] colPtr = new int[a.cols() + 1];
        int[] rowIdx = new int[colIdx.length];
        transpose(a.rows(), a.cols(), rowPtr, colIdx, colPtr, rowIdx, permutation);
        return new SparsityPattern.Transposed(SparsityPattern.trusted(a.cols(), a.rows(), colPtr, rowIdx), permutation);
    }

    /** Counting sort by column: rows are visited in order, so each output line ends up sorted. */
    static void transpose(
            int rows, int cols, int[] rowPtr, int[] colIdx, int[] colPtr, int[] rowIdx, int[] permutation) {
        for (int c : colIdx) {
            colPtr[c + 1]++;
        }
        for (int c = 0; c < cols; c++) {
            colPtr[c + 1] += colPtr[c];
        }
        int[] next = Arrays.copyOf(colPtr, cols);
        for (int r = 0; r < rows; r++) {
            for (int p = rowPtr[r]; p < rowPtr[r + 1]; p++) {
                int q = next[colIdx[p]]++;
                rowIdx[q] = r;
                permutation[q] = p;
            }
        }
    }

    /** Entries of either pattern, chosen by where they occur: only left, in both, only right. */
    static SparsityPattern merge(SparsityPattern a, SparsityPattern b, boolean left, boolean both, boolean right) {
        PatternChecks.checkSameShape(a, b);
        int[] rowPtr = new int[a.rows() + 1];
        long nnz = 0;
        for (int r = 0; r < a.rows(); r++) {
            int common = countCommon(a, b, r);
            nnz += (left ? a.rowNnz(r) - common : 0) + (both ? common : 0);
            nnz += right ? b.rowNnz(r) - common : 0;
            rowPtr[r + 1] = PatternChecks.checkNnz(nnz);
        }
        int[] colIdx = new int[rowPtr[a.rows()]];
        int out = 0;
        for (int r = 0; r < a.rows(); r++) {
            int p = a.rowStart(r);
            int q = b.rowStart(r);
            while (p < a.rowEnd(r) || q < b.rowEnd(r)) {
                int ca = p < a.rowEnd(r) ? a.col(p) : Integer.MAX_VALUE;
                int cb = q < b.rowEnd(r) ? b.col(q) : Integer.MAX_VALUE;
                if (ca == cb ? both : ca < cb ? left : right) {
                    colIdx[out++] = Math.min(ca, cb);
                }
                p += ca <= cb ? 1 : 0;
                q += cb <= ca ? 1 : 0;
            }
        }
        return SparsityPattern.trusted(a.rows(), a.cols(), rowPtr, colIdx);
    }

    private static int countCommon(SparsityPattern a, SparsityPattern b, int row) {
        int common = 0;
        int p = a.rowStart(row);
        int q = b.rowStart(row);
        while (p < a.rowEnd(row) && q < b.rowEnd(row)) {
            int order = Integer.compare(a.col(p), b.col(q));
            common += order == 0 ? 1 : 0;
            p += order <= 0 ? 1 : 0;
            q += order >= 0 ? 1 : 0;
        }
        return common;
    }

    static SparsityPattern retain(SparsityPattern a, long[] keptPositions) {
        int[] rowPtr = new int[a.rows() + 1];
        int[] colIdx = new int[PatternChecks.checkBits("positions", a.nnz(), keptPositions)];
        int out = 0;
        int row = 0;
        for (int w = 0; w < keptPositions.length; w++) {
            for (long rest = keptPositions[w]; rest != 0; rest &= rest - 1) {
                int p = (w << 6) + Long.numberOfTrailingZeros(rest);
                while (p >= a.rowEnd(row)) {
                    rowPtr[++row] = out;
                }
                colIdx[out++] = a.col(p);
            }
        }
        Arrays.fill(rowPtr, row + 1, a.rows() + 1, out);
        return SparsityPattern.trusted(a.rows(), a.cols(), rowPtr, colIdx);
    }

    static SparsityPattern complement(SparsityPattern a) {
        int[] rowPtr = new int[a.rows() + 1];
        int[] colIdx = new int[PatternChecks.checkNnz(a.size() - a.nnz())];
        int out = 0;
        for (int r = 0; r < a.rows(); r++) {
            int p = a.rowStart(r);
            for (int c = 0; c < a.cols(); c++) {
                if (p < a.rowEnd(r) && a.col(p) == c) {
                    p++;
                } else {
                    colIdx[out++] = c;
                }
            }
            rowPtr[r + 1] = out;
        }
        return SparsityPattern.trusted(a.rows(), a.cols(), rowPtr, colIdx);
    }

    static int[] positionsIn(SparsityPattern a, SparsityPattern b) {
        PatternChecks.checkSameShape(a, b);
        int[] positions = new int[(int) a.nnz()];
        for (int r = 0; r < a.rows(); r++) {
            int q = b.rowStart(r);
            for (int p = a.rowStart(r); p < a.rowEnd(r); p++) {
                while (q < b.rowEnd(r) && b.col(q) < a.col(p)) {
                    q++;
                }
                positions[p] = q < b.rowEnd(r) && b.col(q) == a.col(p) ? q : -1;
            }
        }
        return positions;
    }
}
