package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole and broken blocks, with rows further apart than they are long, and nothing written beside the result. */
class TranspositionTest {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final float GUARD = -7;

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 16", "1, 32", "2, 3", "2, 17", "2, 31", "2, 64", "3, 48"})
    void rowsBecomeColumns(int vectors, int depth) {
        int width = vectors * Lanes.COUNT;
        int step = depth + 16;
        int toStep = width + 16;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocate(4L * width * step, 64);
            MemorySegment to = arena.allocate(4L * depth * toStep, 64);
            for (int row = 0; row < width; row++) {
                for (int k = 0; k < step; k++) {
                    from.setAtIndex(FLOAT, (long) row * step + k, row * 1000 + k);
                }
            }
            for (long i = 0; i < (long) depth * toStep; i++) {
                to.setAtIndex(FLOAT, i, GUARD);
            }
            Transposition.panel(from.address(), 4 * step, width, depth, to.address(), 4 * toStep);
            for (int k = 0; k < depth; k++) {
                for (int row = 0; row < toStep; row++) {
                    assertThat(to.getAtIndex(FLOAT, (long) k * toStep + row))
                            .as("row %d, column %d", k, row)
                            .isEqualTo(row < width ? row * 1000 + k : GUARD);
                }
            }
        }
    }
}
