package dev.gossamer.cpu.planted;

import dev.gossamer.cuda.planted.CudaWithCpu;

/** Breaks a rule on purpose: a backend knows another. */
public final class CpuWithCuda {

    private CpuWithCuda() {}

    /** Names the forbidden type. */
    public static int hash(CudaWithCpu forbidden) {
        return forbidden.hashCode();
    }
}
