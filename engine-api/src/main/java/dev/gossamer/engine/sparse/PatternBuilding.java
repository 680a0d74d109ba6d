package dev.gossamer.engine.sparse;

import java.util.Arrays;
import java.util.function.IntToLongFunction;

/** Builds canonical patterns from masks and flat indices. */
final class PatternBuilding {

    private PatternBuilding() {}

    static SparsityPattern fromMask(int rows, int cols, EntryPredicate mask) {
        PatternChecks.checkShape(rows, cols);
        int[] rowPtr = new int[rows + 1];
        long nnz = 0;
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                if (mask.test(r, c)) {
                    nnz++;
                }
            }
            rowPtr[r + 1] = PatternChecks.checkNnz(nnz);
        }
        int[] colIdx = new int[rowPtr[rows]];
        for (int r = 0, p = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                if (mask.test(r, c)) {
                    if (p == rowPtr[r + 1]) {
                        throw changed(r);
                    }
                    colIdx[p++] = c;
                }
            }
            if (p != rowPtr[r + 1]) {
                throw changed(r);
            }
        }
        return SparsityPattern.trusted(rows, cols, rowPtr, colIdx);
    }

    private static IllegalArgumentException changed(int row) {
        return new IllegalArgumentException("the mask changed its answer for row " + row + " between two readings");
    }

    static SparsityPattern fromBits(int rows, int cols, long[] bits) {
        PatternChecks.checkShape(rows, cols);
        int[] rowPtr = new int[rows + 1];
        int[] colIdx = new int[PatternChecks.checkBits("elements", (long) rows * cols, bits)];
        int p = 0;
        int row = 0;
        long rowEnd = cols;
        for (int w = 0; w < bits.length; w++) {
            for (long rest = bits[w]; rest != 0; rest &= rest - 1) {
                long flat = ((long) w << 6) + Long.numberOfTrailingZeros(rest);
                for (; flat >= rowEnd; rowEnd += cols) {
                    rowPtr[++row] = p;
                }
                colIdx[p++] = (int) (flat - (rowEnd - cols));
            }
        }
        Arrays.fill(rowPtr, row + 1, rows + 1, p);
        return SparsityPattern.trusted(rows, cols, rowPtr, colIdx);
    }

    static int wordCount(int rows, int cols) {
        PatternChecks.checkShape(rows, cols);
        long words = ((long) rows * cols + 63) >>> 6;
        if (words > SparsityPattern.MAX_NNZ) {
            throw new IllegalArgumentException("a bit mask of " + rows + "x" + cols + " does not fit an array");
        }
        return (int) words;
    }

    static SparsityPattern fromFlat(int rows, int cols, int nnz, IntToLongFunction flat) {
        PatternChecks.checkShape(rows, cols);
        long size = (long) rows * cols;
        int[] rowPtr = new int[rows + 1];
        int[] colIdx = new int[nnz];
        long previous = -1;
        for (int p = 0; p < nnz; p++) {
            long at = flat.applyAsLong(p);
            if (at < 0 || at >= size) {
                throw new IllegalArgumentException(
                        "flat index " + at + " at position " + p + " is outside a " + rows + "x" + cols + " matrix");
            }
            if (at <= previous) {
                throw new IllegalArgumentException("flat index " + at + " at position " + p + " follows " + previous
                        + "; indices must ascend strictly");
            }
            int row = (int) (at / cols);
            colIdx[p] = (int) (at - (long) row * cols);
            rowPtr[row + 1] = p + 1;
            previous = at;
        }
        return SparsityPattern.trusted(rows, cols, carryOverEmptyRows(rowPtr), colIdx);
    }

    /** Only rows with entries have had their end written; an empty row ends where the row before it does. */
    private static int[] carryOverEmptyRows(int[] rowPtr) {
        for (int r = 1; r < rowPtr.length; r++) {
            rowPtr[r] = Math.max(rowPtr[r], rowPtr[r - 1]);
        }
        return rowPtr;
    }
}
