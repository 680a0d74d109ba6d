package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;

/**
 * Sets of elements as the gaps between them, and back. Tensors have less than 2^31 elements here, so that an element's
 * number, a gap and any sum of gaps are ints.
 */
final class Gaps {

    private Gaps() {}

    /** Of a pattern's entries. */
    static int[] of(SparsityPattern pattern) {
        int[] gaps = new int[(int) pattern.nnz()];
        int next = 0;
        for (int row = 0; row < pattern.rows(); row++) {
            int rowStart = row * pattern.cols();
            int end = pattern.rowEnd(row);
            for (int position = pattern.rowStart(row); position < end; position++) {
                int element = rowStart + pattern.col(position);
                gaps[position] = element - next;
                next = element + 1;
            }
        }
        return gaps;
    }

    /**
     * Of the elements that a set lacks.
     *
     * @param present gaps of the set
     * @param size number of elements there are
     */
    static int[] complement(int[] present, int size) {
        int[] absent = new int[size - present.length];
        int next = 0;
        int run = 0;
        // A gap of the set is a run of absent elements: the first skips those present before it, the others nothing.
        for (int gap : present) {
            if (gap > 0) {
                absent[next] = run;
                next += gap;
                run = 0;
            }
            run++;
        }
        if (next < absent.length) {
            absent[next] = run;
        }
        return absent;
    }

    /** Of the elements in which two patterns of the same shape differ. */
    static int[] ofChanges(SparsityPattern pattern, SparsityPattern reference) {
        long[] changes = pattern.toBits();
        long[] before = reference.toBits();
        int count = 0;
        for (int i = 0; i < changes.length; i++) {
            changes[i] ^= before[i];
            count += Long.bitCount(changes[i]);
        }
        int[] gaps = new int[count];
        int next = 0;
        int at = 0;
        for (int i = 0; i < changes.length; i++) {
            for (long rest = changes[i]; rest != 0; rest &= rest - 1) {
                int element = (i << 6) + Long.numberOfTrailingZeros(rest);
                gaps[at++] = element - next;
                next = element + 1;
            }
        }
        return gaps;
    }

    /** The pattern that has the elements. */
    static SparsityPattern pattern(int[] gaps, int rows, int cols, String where) {
        int[] rowPtr = new int[rows + 1];
        int[] colIdx = new int[gaps.length];
        int size = rows * cols;
        int next = 0;
        int row = 0;
        int rowEnd = cols;
        for (int i = 0; i < gaps.length; i++) {
            int element = element(next, gaps[i], size, where);
            while (element >= rowEnd) {
                rowPtr[++row] = i;
                rowEnd += cols;
            }
            colIdx[i] = element - (rowEnd - cols);
            next = element + 1;
        }
        Arrays.fill(rowPtr, row + 1, rows + 1, gaps.length);
        return SparsityPattern.of(rows, cols, rowPtr, colIdx);
    }

    /** Turns the bits of the elements over. */
    static void flip(long[] bits, int[] gaps, int size, String where) {
        int next = 0;
        for (int gap : gaps) {
            int element = element(next, gap, size, where);
            bits[element >>> 6] ^= 1L << element;
            next = element + 1;
        }
    }

    private static int element(int next, int gap, int size, String where) {
        if (gap >= size - next) {
            throw new CodecException(where + ": the mask reaches element " + ((long) next + gap) + " of a tensor of "
                    + size + " elements");
        }
        return next + gap;
    }
}
