package dev.gossamer.cuda.load;

import dev.gossamer.engine.Availability.Unavailable;

/** Whether the backend can run here. */
public sealed interface Probe {

    /**
     * It can; CUDA's libraries are not loaded yet.
     *
     * @param device the GPU to use
     * @param driverVersion the newest CUDA that the driver knows, as 1000 * major + 10 * minor
     */
    record Ready(GpuDevice device, int driverVersion) implements Probe {}

    /** It cannot. */
    record Refused(Unavailable why) implements Probe {}
}
