package dev.gossamer.cuda.load;

import dev.gossamer.engine.Availability.Unavailable;

/** Whether the backend can run here. */
public sealed interface Probe {

    /**
     * It can; CUDA's libraries are not loaded yet.
     *
     * @param device the GPU to use
     */
    record Ready(GpuDevice device) implements Probe {}

    /** It cannot. */
    record Refused(Unavailable why) implements Probe {}
}
