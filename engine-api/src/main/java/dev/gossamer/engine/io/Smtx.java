package dev.gossamer.engine.io;

import dev.gossamer.engine.io.EntryLists.Ints;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads the patterns of the Deep Learning Matrix Collection (T. Gale, M. Zaharia, C. Young, E. Elsen: Sparse GPU Kernels for
 * Deep Learning, SC20, arXiv:2006.10901), compressed with gzip or not. Three lines: "rows, cols, nnz"; the rows + 1 row
 * offsets; the nnz column indices, base 0. There are no values.
 *
 * <p>Columns that are out of order within a row are sorted; a column that a row lists twice is an error. Every error is a
 * {@link MatrixFileException} with file, line and remedy.
 */
public final class Smtx {

    private Smtx() {}

    /** The pattern in a file. */
    public static SparsityPattern read(Path file) throws IOException {
        try (TextInput in = TextInput.open(file)) {
            return read(in);
        }
    }

    /**
     * As {@link #read(Path)}, from a stream that is closed.
     *
     * @param name stands for the file in errors
     */
    public static SparsityPattern read(InputStream stream, String name) throws IOException {
        try (stream;
                TextInput in = TextInput.open(stream, name)) {
            return read(in);
        }
    }

    private static SparsityPattern read(TextInput in) throws IOException {
        int rows = (int) in.integer("the number of rows", 0, EntryLists.MAX_ENTRIES - 1L);
        separator(in);
        int cols = (int) in.integer("the number of columns", 0, Integer.MAX_VALUE);
        separator(in);
        long nnz = in.integer("the number of entries", 0, Math.min((long) rows * cols, EntryLists.MAX_ENTRIES));
        in.endLine("the sizes");
        int[] rowPtr = readOffsets(in, rows, nnz);
        int[] colIdx = readColumns(in, cols, nnz, rowPtr);
        while (!in.atEnd()) {
            in.endLine("the column indices");
        }
        return SparsityPattern.of(rows, cols, rowPtr, colIdx);
    }

    private static void separator(TextInput in) throws IOException {
        if (!in.atLineEnd()) {
            in.skip(',');
        }
    }

    private static int[] readOffsets(TextInput in, int rows, long nnz) throws IOException {
        Ints rowPtr = new Ints();
        int previous = 0;
        for (long r = 0; r <= rows; r++) {
            if (in.atLineEnd()) {
                throw in.error(
                        "the line ends after " + r + " of " + (rows + 1L) + " row offsets",
                        "fetch the file again, or correct the number of rows");
            }
            previous = (int) in.integer("row offset " + r, previous, r == 0 ? 0 : nnz);
            rowPtr.add(previous);
        }
        if (previous != nnz) {
            throw in.error(
                    "the last row offset is " + previous + ", the sizes promise " + nnz + " entries",
                    "fetch the file again, or correct the sizes");
        }
        in.endLine("the row offsets");
        return rowPtr.toArray();
    }

    private static int[] readColumns(TextInput in, int cols, long nnz, int[] rowPtr) throws IOException {
        Ints colIdx = new Ints();
        for (long p = 0; p < nnz; p++) {
            if (in.atLineEnd()) {
                throw in.error(
                        "the line ends after " + p + " of " + nnz + " column indices",
                        "fetch the file again, or correct the sizes");
            }
            colIdx.add((int) in.integer("column index " + p, 0, cols - 1L));
        }
        int[] sorted = colIdx.toArray();
        for (int r = 0; r + 1 < rowPtr.length; r++) {
            Arrays.sort(sorted, rowPtr[r], rowPtr[r + 1]);
            for (int p = rowPtr[r] + 1; p < rowPtr[r + 1]; p++) {
                if (sorted[p] == sorted[p - 1]) {
                    throw in.error("row " + r + " lists column " + sorted[p] + " twice", "remove one of the two");
                }
            }
        }
        return sorted;
    }
}
