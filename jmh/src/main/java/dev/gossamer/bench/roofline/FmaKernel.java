package dev.gossamer.bench.roofline;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Multiply-adds that wait for nothing but their own chain: twelve chains hide a latency of four on up to three units. A chain
 * is what is added to, since the instruction that C2 chooses overwrites that: a chain as a factor would be copied first, which
 * costs a processor that takes four instructions a cycle a fifth.
 */
final class FmaKernel {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int CHAINS = 12;

    private FmaKernel() {}

    /** FLOP of one step. */
    static double flops() {
        return 2.0 * CHAINS * SPECIES.length();
    }

    static int vectorBits() {
        return SPECIES.vectorBitSize();
    }

    /** Returns a sum of all chains, so that none is optimised away. */
    static float run(int steps) {
        FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
        FloatVector y = FloatVector.broadcast(SPECIES, 0.001f);
        FloatVector a0 = y;
        FloatVector a1 = x;
        FloatVector a2 = y;
        FloatVector a3 = x;
        FloatVector a4 = y;
        FloatVector a5 = x;
        FloatVector a6 = y;
        FloatVector a7 = x;
        FloatVector a8 = y;
        FloatVector a9 = x;
        FloatVector a10 = y;
        FloatVector a11 = x;
        for (int i = 0; i < steps; i++) {
            a0 = x.fma(y, a0);
            a1 = x.fma(y, a1);
            a2 = x.fma(y, a2);
            a3 = x.fma(y, a3);
            a4 = x.fma(y, a4);
            a5 = x.fma(y, a5);
            a6 = x.fma(y, a6);
            a7 = x.fma(y, a7);
            a8 = x.fma(y, a8);
            a9 = x.fma(y, a9);
            a10 = x.fma(y, a10);
            a11 = x.fma(y, a11);
        }
        FloatVector low = a0.add(a1).add(a2).add(a3).add(a4).add(a5);
        return low.add(a6).add(a7).add(a8).add(a9).add(a10).add(a11).lane(0);
    }
}
