package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import jdk.incubator.vector.FloatVector;

/** Puts beta·C where chains start; beta = 0 does not read C. */
final class Scaling {

    private Scaling() {}

    /** {@code vectors} vectors of one row from an address on. */
    static void row(int vectors, long c, float beta) {
        long at = c & USER;
        if (beta == 0) {
            for (int v = 0; v < vectors; v++) {
                FloatVector.zero(F).intoMemorySegment(ALL, at + (long) v * BYTES, LITTLE_ENDIAN);
            }
        } else if (beta != 1) {
            for (int v = 0; v < vectors; v++) {
                fromMemorySegment(F, ALL, at + (long) v * BYTES, LITTLE_ENDIAN)
                        .mul(beta)
                        .intoMemorySegment(ALL, at + (long) v * BYTES, LITTLE_ENDIAN);
            }
        }
    }
}
