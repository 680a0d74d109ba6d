package dev.gossamer.app.planted;

import dev.gossamer.cpu.planted.CpuWithCuda;

/** Breaks a rule on purpose: the application knows a backend. */
public final class AppWithBackend {

    private AppWithBackend() {}

    /** Names the forbidden type. */
    public static int hash(CpuWithCuda forbidden) {
        return forbidden.hashCode();
    }
}
