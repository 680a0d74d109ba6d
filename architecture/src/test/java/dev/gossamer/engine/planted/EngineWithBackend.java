package dev.gossamer.engine.planted;

import dev.gossamer.cpu.planted.CpuWithCuda;

/** Breaks a rule on purpose: the engine API knows a backend. */
public final class EngineWithBackend {

    private EngineWithBackend() {}

    /** Names the forbidden type. */
    public static int hash(CpuWithCuda forbidden) {
        return forbidden.hashCode();
    }
}
