package dev.gossamer.bench.roofline;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Reads a segment from end to end, one load and one addition for each vector, in eight independent sums. */
final class ReadKernel {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int BYTES = SPECIES.vectorByteSize();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /** Segments are read in strides of this many bytes; what is left over is not read. */
    static final int STRIDE = 8 * BYTES;

    private ReadKernel() {}

    /** Returns a sum of what was read, so that no load is optimised away. */
    static float run(MemorySegment data, int passes) {
        float sum = 0;
        for (int pass = 0; pass < passes; pass++) {
            sum += pass(data, bytesRead(data));
        }
        return sum;
    }

    /** Of a pass. */
    static int bytesRead(MemorySegment data) {
        return (int) data.byteSize() / STRIDE * STRIDE;
    }

    private static float pass(MemorySegment data, int end) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        FloatVector a7 = a0;
        for (int i = 0; i < end; i += STRIDE) {
            a0 = a0.add(FloatVector.fromMemorySegment(SPECIES, data, i, ORDER));
            a1 = a1.add(FloatVector.fromMemorySegment(SPECIES, data, i + BYTES, ORDER));
            a2 = a2.add(FloatVector.fromMemorySegment(SPECIES, data, i + 2 * BYTES, ORDER));
            a3 = a3.add(FloatVector.fromMemorySegment(SPECIES, data, i + 3 * BYTES, ORDER));
            a4 = a4.add(FloatVector.fromMemorySegment(SPECIES, data, i + 4 * BYTES, ORDER));
            a5 = a5.add(FloatVector.fromMemorySegment(SPECIES, data, i + 5 * BYTES, ORDER));
            a6 = a6.add(FloatVector.fromMemorySegment(SPECIES, data, i + 6 * BYTES, ORDER));
            a7 = a7.add(FloatVector.fromMemorySegment(SPECIES, data, i + 7 * BYTES, ORDER));
        }
        return a0.add(a1).add(a2).add(a3).add(a4).add(a5).add(a6).add(a7).lane(0);
    }
}
