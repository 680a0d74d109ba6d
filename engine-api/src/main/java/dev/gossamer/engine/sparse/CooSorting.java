package dev.gossamer.engine.sparse;

import org.jspecify.annotations.Nullable;

/** Sorts coordinates by row, then column. */
final class CooSorting {

    private static final int DIGIT_BITS = 11;
    private static final int BUCKETS = 1 << DIGIT_BITS;

    private CooSorting() {}

    /**
     * The stable row-major order of the entries: sorted entry p is given entry {@code order[p]}. Null if they are in order
     * already, duplicates included.
     *
     * <p>A radix sort of the flat indices, O(nnz) in time and memory whatever the shape: counting by row and by column
     * would take arrays of {@code rows} and {@code cols}, which a hypersparse matrix cannot afford.
     */
    static int @Nullable [] order(int[] rowIdx, int[] colIdx, int rows, int cols) {
        if (isSorted(rowIdx, colIdx)) {
            return null;
        }
        int n = rowIdx.length;
        long[] keys = new long[n];
        int[] order = new int[n];
        for (int p = 0; p < n; p++) {
            keys[p] = (long) rowIdx[p] * cols + colIdx[p];
            order[p] = p;
        }
        long[] otherKeys = new long[n];
        int[] otherOrder = new int[n];
        long largest = (long) rows * cols - 1;
        for (int shift = 0; shift < Long.SIZE && largest >>> shift != 0; shift += DIGIT_BITS) {
            distribute(keys, order, otherKeys, otherOrder, shift);
            long[] keysBefore = keys;
            keys = otherKeys;
            otherKeys = keysBefore;
            int[] orderBefore = order;
            order = otherOrder;
            otherOrder = orderBefore;
        }
        return order;
    }

    private static boolean isSorted(int[] rowIdx, int[] colIdx) {
        for (int p = 1; p < rowIdx.length; p++) {
            if (rowIdx[p] < rowIdx[p - 1] || (rowIdx[p] == rowIdx[p - 1] && colIdx[p] < colIdx[p - 1])) {
                return false;
            }
        }
        return true;
    }

    private static void distribute(long[] keys, int[] order, long[] keysOut, int[] orderOut, int shift) {
        int[] next = new int[BUCKETS + 1];
        for (long key : keys) {
            next[(int) (key >>> shift & (BUCKETS - 1)) + 1]++;
        }
        for (int b = 0; b < BUCKETS; b++) {
            next[b + 1] += next[b];
        }
        for (int p = 0; p < keys.length; p++) {
            int q = next[(int) (keys[p] >>> shift & (BUCKETS - 1))]++;
            keysOut[q] = keys[p];
            orderOut[q] = order[p];
        }
    }

    /** Position of the first sorted entry at the same place as the one before it, or -1. */
    static int firstDuplicate(int[] rowIdx, int[] colIdx) {
        for (int p = 1; p < rowIdx.length; p++) {
            if (rowIdx[p] == rowIdx[p - 1] && colIdx[p] == colIdx[p - 1]) {
                return p;
            }
        }
        return -1;
    }

    /** Folds runs of equal coordinates into their first entry, moves everything up and returns how many entries remain. */
    static int sumDuplicates(int[] rowIdx, int[] colIdx, float[] values) {
        int out = 0;
        int p = 0;
        while (p < values.length) {
            int end = p + 1;
            double sum = values[p];
            while (end < values.length && rowIdx[end] == rowIdx[p] && colIdx[end] == colIdx[p]) {
                sum += values[end++];
            }
            rowIdx[out] = rowIdx[p];
            colIdx[out] = colIdx[p];
            values[out++] = end == p + 1 ? values[p] : (float) sum;
            p = end;
        }
        return out;
    }
}
