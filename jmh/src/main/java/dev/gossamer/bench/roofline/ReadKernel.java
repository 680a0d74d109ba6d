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

    /** All addresses: a segment's own checks take half of the rate of a first-level cache. */
    @SuppressWarnings("restricted")
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private ReadKernel() {}

    /**
     * Returns a sum of what was read, so that no load is optimised away. Sums go on from pass to pass: adding them up takes some
     * fifty cycles, in which a fifth of a first-level cache is read.
     */
    static float run(MemorySegment data, int passes) {
        long end = bytesRead(data);
        // Addresses of programs are far from negative, which saves a check.
        long start = data.address() & Long.MAX_VALUE >>> 1;
        long offset = 0;
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector a4 = a0;
        FloatVector a5 = a0;
        FloatVector a6 = a0;
        FloatVector a7 = a0;
        for (long left = passes * end; left > 0; left -= STRIDE) {
            long at = start + offset;
            a0 = a0.add(FloatVector.fromMemorySegment(SPECIES, ALL, at, ORDER));
            a1 = a1.add(FloatVector.fromMemorySegment(SPECIES, ALL, at + 1L * BYTES, ORDER));
            a2 = a2.add(FloatVector.fromMemorySegment(SPECIES, ALL, at + 2L * BYTES, ORDER));
            a3 = a3.add(FloatVector.fromMemorySegment(SPECIES, ALL, at + 3L * BYTES, ORDER));
            a4 = a4.add(FloatVector.fromMemorySegment(SPECIES, ALL, at + 4L * BYTES, ORDER));
            a5 = a5.add(FloatVector.fromMemorySegment(SPECIES, ALL, at + 5L * BYTES, ORDER));
            a6 = a6.add(FloatVector.fromMemorySegment(SPECIES, ALL, at + 6L * BYTES, ORDER));
            a7 = a7.add(FloatVector.fromMemorySegment(SPECIES, ALL, at + 7L * BYTES, ORDER));
            offset = offset + STRIDE == end ? 0 : offset + STRIDE;
        }
        return a0.add(a1).add(a2).add(a3).add(a4).add(a5).add(a6).add(a7).lane(0);
    }

    /** Of a pass. */
    static int bytesRead(MemorySegment data) {
        return (int) data.byteSize() / STRIDE * STRIDE;
    }
}
