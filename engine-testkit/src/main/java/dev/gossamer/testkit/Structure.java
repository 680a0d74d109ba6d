package dev.gossamer.testkit;

import dev.gossamer.engine.Space;
import dev.gossamer.engine.sparse.SparsityPattern;

/** The structure of a sparse result is part of the answer: pointers monotone, columns in range, sorted and unique. */
public final class Structure {

    private Structure() {}

    /** Fails unless the space's pattern is canonical and its counts agree. */
    public static void check(Space space) {
        SparsityPattern pattern = space.pattern();
        long nnz = pattern == null ? space.size() : pattern.nnz();
        expect(space.nnz() == nnz, "the space says nnz " + space.nnz() + ", its pattern has " + nnz);
        if (pattern != null) {
            expect(
                    pattern.rows() == space.rows() && pattern.cols() == space.cols(),
                    "a pattern of " + pattern + " in a space of " + space.rows() + "x" + space.cols());
            check(pattern);
        }
    }

    /** Fails unless the pattern is canonical. */
    public static void check(SparsityPattern pattern) {
        check(pattern.rows(), pattern.cols(), pattern.copyRowPtr(), pattern.copyColIdx());
    }

    /** Fails unless these arrays are canonical CSR. */
    public static void check(int rows, int cols, int[] rowPtr, int[] colIdx) {
        expect(rowPtr.length == rows + 1, rowPtr.length + " row pointers for " + rows + " rows");
        expect(rowPtr[0] == 0, "the first row starts at " + rowPtr[0]);
        expect(rowPtr[rows] == colIdx.length, "the last row ends at " + rowPtr[rows] + " of " + colIdx.length);
        for (int r = 0; r < rows; r++) {
            expect(rowPtr[r] <= rowPtr[r + 1], "row " + r + " runs from " + rowPtr[r] + " back to " + rowPtr[r + 1]);
        }
        for (int r = 0; r < rows; r++) {
            for (int p = rowPtr[r]; p < rowPtr[r + 1]; p++) {
                expect(colIdx[p] >= 0 && colIdx[p] < cols, "row " + r + " has column " + colIdx[p] + " of " + cols);
                expect(
                        p == rowPtr[r] || colIdx[p - 1] < colIdx[p],
                        "row " + r + " has column " + colIdx[p] + " not after the one before it");
            }
        }
    }

    private static void expect(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError("Not a canonical structure: " + otherwise);
        }
    }
}
