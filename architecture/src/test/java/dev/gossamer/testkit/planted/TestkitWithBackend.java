package dev.gossamer.testkit.planted;

import dev.gossamer.cpu.planted.CpuWithCuda;

/** Breaks a rule on purpose: the testkit knows a backend. */
public final class TestkitWithBackend {

    private TestkitWithBackend() {}

    /** Names the forbidden type. */
    public static int hash(CpuWithCuda forbidden) {
        return forbidden.hashCode();
    }
}
