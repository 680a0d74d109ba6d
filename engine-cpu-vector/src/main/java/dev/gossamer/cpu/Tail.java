package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;

/**
 * The lanes of a block behind the batch. Every op of a partial batch ends with clearing them, and a batch of one has fifteen in
 * every row.
 */
final class Tail {

    /** As many ints of ones as a vector has lanes, then zeros: from {@code n} before their middle on, the first n lanes. */
    private static final long FIRST_LANES = firstLanes().address();

    private Tail() {}

    private static MemorySegment firstLanes() {
        MemorySegment table = Arena.global().allocate(2L * BYTES, BYTES);
        for (int lane = 0; lane < COUNT; lane++) {
            table.setAtIndex(ValueLayout.JAVA_INT, lane, -1);
        }
        return table;
    }

    /**
     * All lanes from {@code used} on become +0.0.
     *
     * @param at address of the block
     * @param positions its rows
     * @param block lanes of a row
     */
    static void clear(long at, int positions, int block, int used) {
        int partial = used / COUNT * BYTES;
        int row = block * Float.BYTES;
        long table = (FIRST_LANES + BYTES - 4L * (used % COUNT)) & USER;
        IntVector kept = IntVector.fromMemorySegment(Lanes.I, ALL, table, LITTLE_ENDIAN);
        for (int position = 0; position < positions; position++) {
            long start = (at + (long) position * row) & USER;
            IntVector.fromMemorySegment(Lanes.I, ALL, start + partial, LITTLE_ENDIAN)
                    .and(kept)
                    .intoMemorySegment(ALL, start + partial, LITTLE_ENDIAN);
            for (int vector = partial + BYTES; vector < row; vector += BYTES) {
                IntVector.zero(Lanes.I).intoMemorySegment(ALL, start + vector, LITTLE_ENDIAN);
            }
        }
    }
}
