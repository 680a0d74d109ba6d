package dev.gossamer.fl.planted;

import dev.gossamer.cpu.planted.CpuWithCuda;

/** Breaks a rule on purpose: fl-core knows a backend. */
public final class FlWithBackend {

    private FlWithBackend() {}

    /** Names the forbidden type. */
    public static int hash(CpuWithCuda forbidden) {
        return forbidden.hashCode();
    }
}
