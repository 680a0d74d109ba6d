package dev.gossamer.bench.planted;

import jcuda.PlantedPointer;

/** Breaks a rule on purpose: JCuda outside its place. */
public final class BenchWithJcuda {

    private BenchWithJcuda() {}

    /** Names the forbidden type. */
    public static int hash(PlantedPointer forbidden) {
        return forbidden.hashCode();
    }
}
