package dev.gossamer.spark.planted;

import dev.gossamer.cpu.planted.CpuWithCuda;

/** Breaks a rule on purpose: fl-spark knows a backend. */
public final class SparkWithBackend {

    private SparkWithBackend() {}

    /** Names the forbidden type. */
    public static int hash(CpuWithCuda forbidden) {
        return forbidden.hashCode();
    }
}
