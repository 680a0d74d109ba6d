package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Puts beta·C where chains start; beta = 0 does not read C. */
final class Scaling {

    private Scaling() {}

    /** {@code vectors} vectors of one row from byte offset {@code at} on. */
    static void row(int vectors, MemorySegment c, long at, float beta) {
        if (beta == 0) {
            for (int v = 0; v < vectors; v++) {
                FloatVector.zero(F).intoMemorySegment(c, at + (long) v * BYTES, LITTLE_ENDIAN);
            }
        } else if (beta != 1) {
            for (int v = 0; v < vectors; v++) {
                fromMemorySegment(F, c, at + (long) v * BYTES, LITTLE_ENDIAN)
                        .mul(beta)
                        .intoMemorySegment(c, at + (long) v * BYTES, LITTLE_ENDIAN);
            }
        }
    }
}
