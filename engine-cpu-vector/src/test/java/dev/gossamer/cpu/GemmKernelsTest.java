package dev.gossamer.cpu;

import dev.gossamer.testkit.Close;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Depths and strides on both sides of what a kernel takes at once have the bits of one chain per output. */
class GemmKernelsTest {

    private static final int ROWS = 17;

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @ParameterizedTest
    @CsvSource({
        "1023, 4, 256",
        "1024, 4, 256",
        "2047, 68, 256",
        "5, 2097148, 256",
        "5, 2097152, 256",
        "5, 4, 2097148",
        "5, 4, 2097152",
        "3, 2097156, 2097160"
    })
    void blockIsOneChain(int depth, int aDepth, int bDepth) {
        for (int vectors = 1; vectors <= 2; vectors++) {
            for (float beta : new float[] {0, 0.7f}) {
                check(vectors, depth, aDepth, bDepth, beta);
            }
        }
    }

    private static void check(int vectors, int depth, int aDepth, int bDepth, float beta) {
        // A's rows lie one behind the other where depth is adjacent, and are adjacent themselves where it is not.
        int aRow = aDepth == 4 ? 4 * depth : 4;
        int columns = vectors * Lanes.COUNT;
        SplittableRandom random = new SplittableRandom(depth);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate((ROWS - 1L) * aRow + (depth - 1L) * aDepth + 4, 64);
            MemorySegment b = arena.allocate((depth - 1L) * bDepth + 4L * columns, 64);
            MemorySegment c = arena.allocate(4L * ROWS * columns, 64);
            float[] want = new float[ROWS * columns];
            for (int i = 0; i < want.length; i++) {
                float old = random.nextFloat() - 0.5f;
                c.setAtIndex(ValueLayout.JAVA_FLOAT, i, old);
                want[i] = beta * old;
            }
            for (int k = 0; k < depth; k++) {
                for (int column = 0; column < columns; column++) {
                    b.set(ValueLayout.JAVA_FLOAT, (long) k * bDepth + 4L * column, random.nextFloat() - 0.5f);
                }
                for (int row = 0; row < ROWS; row++) {
                    float weight = random.nextFloat() - 0.5f;
                    a.set(ValueLayout.JAVA_FLOAT, (long) row * aRow + (long) k * aDepth, weight);
                    for (int column = 0; column < columns; column++) {
                        int at = row * columns + column;
                        float in = b.get(ValueLayout.JAVA_FLOAT, (long) k * bDepth + 4L * column);
                        want[at] = Math.fma(weight, in, want[at]);
                    }
                }
            }
            GemmKernels.Operands io = new GemmKernels.Operands().set(a, aRow, aDepth, b, bDepth, c, 4L * columns);

            GemmKernels.block(ROWS, vectors, io, 0, 0, 0, depth, beta);

            float[] got = c.toArray(ValueLayout.JAVA_FLOAT);
            Close.sameBits(vectors + " vectors, depth " + depth + ", beta " + beta, got, want);
        }
    }
}
