package dev.gossamer.cpu;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.BackendProvider;

/** Offers the backend {@code cpu-vector} where the incubating Vector API module is resolved. */
public final class CpuVectorProvider implements BackendProvider {

    @Override
    public String name() {
        return "cpu-vector";
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public Availability probe() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return new Availability.Unavailable(
                    "the module jdk.incubator.vector is not resolved in this JVM",
                    "Start java with --add-modules jdk.incubator.vector (the launcher and the executable jars do).",
                    null);
        }
        try {
            return new Availability.Available(CpuInfo.describe(), CpuBackend::open);
        } catch (IllegalArgumentException e) {
            return new Availability.Unavailable(
                    String.valueOf(e.getMessage()), "Change or remove that property.", e, true);
        }
    }
}
