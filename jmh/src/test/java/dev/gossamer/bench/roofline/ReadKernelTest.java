package dev.gossamer.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ReadKernelTest {

    @Test
    void everyVectorOfTheStridesIsAddedInEveryPass() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(3L * ReadKernel.STRIDE, 64);
            int lanes = ReadKernel.STRIDE / 8 / Float.BYTES;
            // Only the first lane of each vector is returned; vector v holds v + 1 there.
            for (int vector = 0; vector < 24; vector++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, (long) vector * lanes, vector + 1);
            }
            assertThat(ReadKernel.run(data, 2)).isEqualTo(2 * 24 * 25 / 2f);
        }
    }
}
