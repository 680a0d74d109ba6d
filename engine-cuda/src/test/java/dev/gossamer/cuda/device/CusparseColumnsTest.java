package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How products are cut by columns, so that cuSPARSE reads no misaligned address. */
class CusparseColumnsTest {

    @Test
    void takesAllColumnsWhereRowsBeginAligned() {
        assertThat(runs(32, 32, 32)).containsExactly(32);
        assertThat(runs(6, 8, 6)).containsExactly(6);
        assertThat(runs(7, 7, 8)).containsExactly(7);
    }

    @Test
    void takesAnOddNumberWhereRowsBeginMisaligned() {
        assertThat(runs(2, 3, 3)).containsExactly(1, 1);
        assertThat(runs(2, 4, 3)).containsExactly(1, 1);
        assertThat(runs(4, 6, 6)).containsExactly(3, 1);
        assertThat(runs(32, 33, 32)).containsExactly(31, 1);
    }

    @Test
    void cutsLongRowsOfEveryLength() {
        for (int n = Cusparse.MAX_COLUMNS - 3; n < Cusparse.MAX_COLUMNS + 70; n++) {
            int column = 0;
            for (int run : runs(n, n, n)) {
                int floats = Math.min(4, Integer.lowestOneBit(run));
                assertThat(run).isPositive().isLessThanOrEqualTo(Cusparse.MAX_COLUMNS);
                assertThat((column | n) % floats)
                        .as("n %d, column %d", n, column)
                        .isZero();
                column += run;
            }
            assertThat(column).isEqualTo(n);
        }
    }

    private static List<Integer> runs(int n, int ldb, int ldc) {
        List<Integer> runs = new ArrayList<>();
        for (int column = 0; column < n; column += runs.getLast()) {
            runs.add(Cusparse.columnsOf(column, n - column, ldb, ldc));
        }
        return runs;
    }
}
