package dev.gossamer.cuda;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A pattern's entries cut into pieces that groups of lanes take, as the kernels read them. The order of pieces puts together
 * what takes as long, and what reads the same.
 */
final class RowPieces {

    /** Numbers of a {@link #cut piece}. */
    static final int WORDS = 4;

    /** Entries of an {@link #octets octet}. */
    static final int OCTET = 8;

    /** Numbers of an octet. */
    static final int OCTET_WORDS = 4 + OCTET;

    /** Most pieces of a row: its first group adds up all of them. */
    private static final int MOST = 16;

    /** Lengths of pieces are multiples of it, as kernels load so many entries at once. */
    private static final int BATCH = 8;

    /** Rows whose octets take turns. */
    private static final int NEIGHBOURS = 32;

    private RowPieces() {}

    /**
     * The rows, the longest first, each cut into pieces of up to {@code length} entries where {@value #MOST} of them, or those
     * of a block, suffice: a power of two of them, so that those of a row are in one block. What a piece has: row, first entry,
     * end, the number of pieces of the row in the first of them and 0 in the others. Filled up with pieces of row -1 to whole
     * blocks of {@code groups} pieces.
     */
    static int[] cut(SparsityPattern pattern, int length, int groups) {
        int most = Math.min(groups, MOST);
        IntStream.Builder words = IntStream.builder();
        int count = 0;
        for (int row : byLength(pattern)) {
            int entries = length(pattern, row);
            int pieces = 1;
            while (pieces < most && ceilDiv(entries, pieces) > length) {
                pieces *= 2;
            }
            int each = ceilDiv(ceilDiv(entries, pieces), BATCH) * BATCH;
            for (int i = 0; i < pieces; i++) {
                words.add(row)
                        .add(pattern.rowStart(row) + Math.min(entries, i * each))
                        .add(pattern.rowStart(row) + Math.min(entries, (i + 1) * each))
                        .add(i == 0 ? pieces : 0);
            }
            count += pieces;
        }
        for (; count % groups != 0; count++) {
            words.add(-1).add(0).add(0).add(0);
        }
        return words.build().toArray();
    }

    /** How many of the pieces belong to rows that have several: the first ones. */
    static int severed(int[] pieces) {
        int severed = 0;
        while (severed < pieces.length / WORDS && pieces[severed * WORDS + 3] > 1) {
            severed += pieces[severed * WORDS + 3];
        }
        return severed;
    }

    /**
     * The entries in octets, eight or fewer of one row. Those of equal rank in neighbouring rows follow one another: in evenly
     * sparse rows these have much the same columns, so that a block finds them near. What an octet has: row, first entry,
     * number of entries, 0, and the entries' columns, filled up with the first of them.
     */
    static int[] octets(SparsityPattern pattern) {
        int[] order = byLength(pattern);
        int[] words = new int[Math.multiplyExact(OCTET_WORDS, octetCount(pattern))];
        int at = 0;
        for (int first = 0; first < order.length; first += NEIGHBOURS) {
            int end = Math.min(order.length, first + NEIGHBOURS);
            for (int rank = 0; rank < length(pattern, order[first]); rank += OCTET) {
                for (int i = first; i < end && rank < length(pattern, order[i]); i++) {
                    octet(pattern, order[i], rank, words, at);
                    at += OCTET_WORDS;
                }
            }
        }
        return words;
    }

    private static int octetCount(SparsityPattern pattern) {
        int count = 0;
        for (int row = 0; row < pattern.rows(); row++) {
            count += ceilDiv(length(pattern, row), OCTET);
        }
        return count;
    }

    private static void octet(SparsityPattern pattern, int row, int rank, int[] words, int at) {
        int entry = pattern.rowStart(row) + rank;
        int count = Math.min(OCTET, length(pattern, row) - rank);
        words[at] = row;
        words[at + 1] = entry;
        words[at + 2] = count;
        for (int k = 0; k < OCTET; k++) {
            words[at + 4 + k] = pattern.col(entry + (k < count ? k : 0));
        }
    }

    /** A counting sort by falling length, stable. */
    private static int[] byLength(SparsityPattern pattern) {
        int[] next = new int[pattern.cols() + 2];
        for (int row = 0; row < pattern.rows(); row++) {
            next[pattern.cols() - length(pattern, row) + 1]++;
        }
        Arrays.parallelPrefix(next, Integer::sum);
        int[] rows = new int[pattern.rows()];
        for (int row = 0; row < pattern.rows(); row++) {
            rows[next[pattern.cols() - length(pattern, row)]++] = row;
        }
        return rows;
    }

    private static int length(SparsityPattern pattern, int row) {
        return pattern.rowEnd(row) - pattern.rowStart(row);
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }
}
