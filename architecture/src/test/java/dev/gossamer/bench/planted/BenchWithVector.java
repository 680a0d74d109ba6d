package dev.gossamer.bench.planted;

import jdk.incubator.vector.FloatVector;

/** Breaks a rule on purpose: the Vector API outside its place. */
public final class BenchWithVector {

    private BenchWithVector() {}

    /** Names the forbidden type. */
    public static int hash(FloatVector forbidden) {
        return forbidden.hashCode();
    }
}
