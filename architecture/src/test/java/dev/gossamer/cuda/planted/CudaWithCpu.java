package dev.gossamer.cuda.planted;

import dev.gossamer.cpu.planted.CpuWithCuda;

/** Breaks a rule on purpose: a backend knows another. */
public final class CudaWithCpu {

    private CudaWithCpu() {}

    /** Names the forbidden type. */
    public static int hash(CpuWithCuda forbidden) {
        return forbidden.hashCode();
    }
}
