package dev.gossamer.bench.roofline;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Multiply-adds that wait for nothing but their own chain: twelve chains hide a latency of four on up to three units. */
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
            a0 = a0.fma(x, y);
            a1 = a1.fma(x, y);
            a2 = a2.fma(x, y);
            a3 = a3.fma(x, y);
            a4 = a4.fma(x, y);
            a5 = a5.fma(x, y);
            a6 = a6.fma(x, y);
            a7 = a7.fma(x, y);
            a8 = a8.fma(x, y);
            a9 = a9.fma(x, y);
            a10 = a10.fma(x, y);
            a11 = a11.fma(x, y);
        }
        FloatVector low = a0.add(a1).add(a2).add(a3).add(a4).add(a5);
        return low.add(a6).add(a7).add(a8).add(a9).add(a10).add(a11).lane(0);
    }
}
