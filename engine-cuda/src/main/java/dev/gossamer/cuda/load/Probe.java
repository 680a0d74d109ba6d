package dev.gossamer.cuda.load;

import dev.gossamer.engine.Availability.Unavailable;
import java.util.List;

/** Whether the backend can run here. */
public sealed interface Probe {

    /**
     * It can; CUDA's libraries are not loaded yet.
     *
     * @param devices the GPUs to use, at least one, all of one kind
     * @param driverVersion the newest CUDA that the driver knows, as 1000 * major + 10 * minor
     */
    record Ready(List<GpuDevice> devices, int driverVersion) implements Probe {}

    /** It cannot. */
    record Refused(Unavailable why) implements Probe {}
}
