package dev.gossamer.engine.sparse;

/** What makes arrays a canonical pattern; every violation is an IllegalArgumentException that says where. */
final class PatternChecks {

    private PatternChecks() {}

    static void checkShape(int rows, int cols) {
        if (rows < 0 || cols < 0) {
            throw new IllegalArgumentException("a matrix needs rows >= 0 and cols >= 0, got " + rows + "x" + cols);
        }
        if (rows > SparsityPattern.MAX_NNZ - 1) {
            throw new IllegalArgumentException(
                    "row pointers are 32-bit: at most " + (SparsityPattern.MAX_NNZ - 1) + " rows, got " + rows);
        }
    }

    static int checkNnz(long nnz) {
        if (nnz < 0 || nnz > SparsityPattern.MAX_NNZ) {
            throw new IllegalArgumentException("positions are 32-bit: at most " + SparsityPattern.MAX_NNZ
                    + " entries in one pattern, got " + nnz + "; split the matrix by rows");
        }
        return (int) nnz;
    }

    /** A bit set over so many things has the right length and no bit beyond them; returns how many bits are set. */
    static int checkBits(String what, long size, long[] bits) {
        long words = (size + 63) >>> 6;
        if (bits.length != words) {
            throw new IllegalArgumentException(
                    "a mask of " + size + " " + what + " takes " + words + " words of 64 bits, got " + bits.length);
        }
        if ((size & 63) != 0 && bits[(int) words - 1] >>> (size & 63) != 0) {
            throw new IllegalArgumentException("the mask has bits set beyond the last of its " + size + " " + what);
        }
        long set = 0;
        for (long word : bits) {
            set += Long.bitCount(word);
        }
        return checkNnz(set);
    }

    static void checkCsr(int rows, int cols, int[] rowPtr, int[] colIdx) {
        checkShape(rows, cols);
        checkPointers("row", "col", rows, rowPtr, colIdx.length);
        checkIndices("row", "col", cols, rowPtr, colIdx);
    }

    static void checkCsc(int rows, int cols, int[] colPtr, int[] rowIdx) {
        checkShape(rows, cols);
        checkShape(cols, rows);
        checkPointers("col", "row", cols, colPtr, rowIdx.length);
        checkIndices("col", "row", rows, colPtr, rowIdx);
    }

    private static void checkIndices(String line, String index, int limit, int[] ptr, int[] idx) {
        for (int i = 0; i < ptr.length - 1; i++) {
            int previous = -1;
            for (int p = ptr[i]; p < ptr[i + 1]; p++) {
                int at = idx[p];
                if (at < 0 || at >= limit || at <= previous) {
                    throw new IllegalArgumentException(index + "Idx[" + p + "] = " + at + " in " + line + " " + i + " "
                            + indexFault(at, previous, limit, line));
                }
                previous = at;
            }
        }
    }

    private static String indexFault(int at, int previous, int limit, String line) {
        if (at < 0 || at >= limit) {
            return "is outside 0.." + (limit - 1);
        }
        return (at == previous ? "repeats the one before it" : "follows " + previous)
                + "; indices must ascend strictly within a " + line + " (CooMatrix.of sorts, and can sum duplicates)";
    }

    private static void checkPointers(String line, String index, int lines, int[] ptr, int nnz) {
        if (ptr.length != (long) lines + 1) {
            throw new IllegalArgumentException(line + "Ptr has " + ptr.length + " offsets, " + lines + " " + line
                    + "s need " + ((long) lines + 1));
        }
        if (ptr[0] != 0) {
            throw new IllegalArgumentException(line + "Ptr[0] = " + ptr[0] + ", must be 0");
        }
        for (int i = 0; i < lines; i++) {
            if (ptr[i + 1] < ptr[i]) {
                throw new IllegalArgumentException(line + "Ptr falls from " + ptr[i] + " to " + ptr[i + 1] + " at "
                        + line + " " + i + "; offsets must never fall");
            }
        }
        if (ptr[lines] != nnz) {
            throw new IllegalArgumentException(line + "Ptr ends at " + ptr[lines] + " in " + line + "Ptr[" + lines
                    + "], but there are " + nnz + " entries in " + index + "Idx");
        }
    }

    static void checkSameShape(SparsityPattern a, SparsityPattern b) {
        if (a.rows() != b.rows() || a.cols() != b.cols()) {
            throw new IllegalArgumentException(
                    "patterns of different shapes: " + a.rows() + "x" + a.cols() + " and " + b.rows() + "x" + b.cols());
        }
    }
}
