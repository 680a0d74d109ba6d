package dev.gossamer.bench.planted;

import jcuda.Pointer;

/** Breaks a rule on purpose: JCuda outside its place. */
public final class BenchWithJcuda {

    private BenchWithJcuda() {}

    /** Names the forbidden type. */
    public static int hash(Pointer forbidden) {
        return forbidden.hashCode();
    }
}
