package dev.gossamer.cuda;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.BackendProvider;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Offers the backend {@code cuda}. This version has no CUDA kernels, so it always refuses; it looks for the driver first,
 * because a machine without one has more to put right than a newer version of Gossamer.
 */
public final class CudaProvider implements BackendProvider {

    private static final String OTHERWISE = "Until then, use the backend cpu-vector.";

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int priority() {
        return 200;
    }

    @Override
    public Availability probe() {
        return answer(NvidiaDriver.ofThisMachine());
    }

    static Availability.Unavailable answer(NvidiaDriver driver) {
        Optional<Path> trace = driver.trace();
        if (trace.isEmpty()) {
            return new Availability.Unavailable(
                    "no NVIDIA driver found on this machine (neither " + NvidiaDriver.KERNEL_MODULE + " nor "
                            + driver.library() + ")",
                    "It takes an NVIDIA GPU with its driver (https://www.nvidia.com/drivers; `nvidia-smi` then lists the"
                            + " GPU), and a later version of Gossamer: this one has no CUDA kernels. " + OTHERWISE,
                    null);
        }
        return new Availability.Unavailable(
                "this version of Gossamer has no CUDA kernels (an NVIDIA driver is here: " + trace.get() + ")",
                "Take a version of Gossamer that has them: CHANGES.md says which. " + OTHERWISE,
                null);
    }
}
