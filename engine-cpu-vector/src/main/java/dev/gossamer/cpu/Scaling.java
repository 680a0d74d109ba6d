package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Lanes.load;
import static dev.gossamer.cpu.Lanes.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Puts beta·C where chains start; beta = 0 does not read C. */
final class Scaling {

    private Scaling() {}

    /** {@code vectors} vectors of one row from byte offset {@code at} on. */
    static void row(int vectors, MemorySegment c, long at, float beta) {
        if (beta == 0) {
            for (int v = 0; v < vectors; v++) {
                store(FloatVector.zero(F), c, at + (long) v * BYTES);
            }
        } else if (beta != 1) {
            for (int v = 0; v < vectors; v++) {
                store(load(c, at + (long) v * BYTES).mul(beta), c, at + (long) v * BYTES);
            }
        }
    }
}
