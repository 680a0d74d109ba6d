package dev.gossamer.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector species of this process: one constant, so that C2 folds it. Loaded only after {@link VectorBits} found that the
 * machine has it (a species wider than the machine is silently emulated, a hundred times slower).
 */
final class Lanes {

    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED.vectorBitSize() == VectorBits.chosen()
            ? FloatVector.SPECIES_PREFERRED
            : VectorShape.forBitSize(VectorBits.chosen()).withLanes(float.class);

    /** Floats per vector: 4, 8 or 16. */
    static final int COUNT = F.length();

    /** Bytes per vector. */
    static final int BYTES = COUNT * Float.BYTES;

    private Lanes() {}

    static FloatVector load(MemorySegment segment, long offset) {
        return FloatVector.fromMemorySegment(F, segment, offset, ByteOrder.LITTLE_ENDIAN);
    }

    static void store(FloatVector vector, MemorySegment segment, long offset) {
        vector.intoMemorySegment(segment, offset, ByteOrder.LITTLE_ENDIAN);
    }
}
