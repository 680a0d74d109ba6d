package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowPiecesTest {

    /** Rows of 0 to 300 entries. */
    private static final SparsityPattern UNEVEN = pattern(41, 311);

    private static SparsityPattern pattern(int rows, int cols) {
        return SparsityPattern.fromMask(rows, cols, (row, col) -> {
            double density = row % 7 == 0 ? 0 : random(row);
            return random(row * 1000L + col) < density;
        });
    }

    private static double random(long seed) {
        return new SplittableRandom(seed).nextDouble();
    }

    @ParameterizedTest
    @CsvSource({"8, 16", "32, 16", "64, 4", "4096, 8", "8, 4"})
    void piecesOfARowAreInOneBlockAndCoverIt(int length, int groups) {
        int[] words = RowPieces.cut(UNEVEN, length, groups);
        int count = words.length / RowPieces.WORDS;
        assertThat(count % groups).isZero();
        int[] covered = new int[UNEVEN.rows()];
        int pieces = 0;
        for (int i = 0; i < count; i += pieces) {
            int row = words[4 * i];
            pieces = row < 0 ? 1 : words[4 * i + 3];
            if (row < 0) {
                continue;
            }
            assertThat(i / groups).as("block of the first and the last piece").isEqualTo((i + pieces - 1) / groups);
            int at = UNEVEN.rowStart(row);
            for (int k = i; k < i + pieces; k++) {
                assertThat(words[4 * k]).isEqualTo(row);
                assertThat(words[4 * k + 1]).as("where a piece begins").isEqualTo(at);
                assertThat(words[4 * k + 3]).isEqualTo(k == i ? pieces : 0);
                at = words[4 * k + 2];
                boolean most = pieces == Math.min(groups, 16);
                assertThat(at - words[4 * k + 1]).isLessThanOrEqualTo(most ? UNEVEN.cols() : Math.max(8, length));
            }
            assertThat(at).isEqualTo(UNEVEN.rowEnd(row));
            covered[row]++;
        }
        assertThat(covered).containsOnly(1);
        int severed = RowPieces.severed(words);
        assertThat(IntStream.range(0, count)
                        .filter(i -> words[4 * i + 3] > 1)
                        .max()
                        .orElse(-1))
                .isLessThan(severed);
        assertThat(severed == 0 || words[4 * severed - 1] != 1)
                .as("the last severed piece")
                .isTrue();
    }

    @Test
    void longRowsComeFirst() {
        int[] words = RowPieces.cut(UNEVEN, UNEVEN.cols(), 4);
        for (int i = 1; i < UNEVEN.rows(); i++) {
            assertThat(words[4 * i + 2] - words[4 * i + 1]).isLessThanOrEqualTo(words[4 * i - 2] - words[4 * i - 3]);
        }
    }

    @Test
    void octetsHoldEachEntryOnceWithItsColumn() {
        int[] words = RowPieces.octets(UNEVEN);
        int[] times = new int[(int) UNEVEN.nnz()];
        for (int i = 0; i < words.length; i += RowPieces.OCTET_WORDS) {
            int first = words[i + 1];
            int count = words[i + 2];
            assertThat(count).isBetween(1, RowPieces.OCTET);
            assertThat(first).isGreaterThanOrEqualTo(UNEVEN.rowStart(words[i]));
            assertThat(first + count).isLessThanOrEqualTo(UNEVEN.rowEnd(words[i]));
            for (int k = 0; k < RowPieces.OCTET; k++) {
                assertThat(words[i + 4 + k]).isEqualTo(UNEVEN.col(first + (k < count ? k : 0)));
            }
            for (int k = 0; k < count; k++) {
                times[first + k]++;
            }
        }
        assertThat(times).containsOnly(1);
    }

    @Test
    void neighboursTakeTurns() {
        int[] words = RowPieces.octets(SparsityPattern.full(3, 16));
        assertThat(IntStream.range(0, words.length / RowPieces.OCTET_WORDS)
                        .map(i -> words[RowPieces.OCTET_WORDS * i + 1]))
                .containsExactly(0, 16, 32, 8, 24, 40);
    }
}
