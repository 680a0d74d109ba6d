package dev.gossamer.cuda;

import dev.gossamer.cuda.device.GpuTarget;
import dev.gossamer.cuda.device.KernelImages;
import dev.gossamer.cuda.device.Libraries;
import dev.gossamer.cuda.load.CudaLibrary;
import dev.gossamer.cuda.load.CudaLoader;
import dev.gossamer.cuda.load.CudaRuntime;
import dev.gossamer.cuda.load.GpuDevice;
import dev.gossamer.cuda.load.Probe;
import dev.gossamer.engine.Availability;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.BackendProvider;
import java.util.List;
import java.util.Optional;

/**
 * Offers the backend {@code cuda}. The probe asks for a GPU only; CUDA's libraries are loaded when the backend opens, or
 * before when the prebuilt kernels do not serve that GPU.
 */
public final class CudaProvider implements BackendProvider {

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
        return switch (CudaLoader.probe()) {
            case Probe.Refused(var why) -> why;
            case Probe.Ready(var devices, var driverVersion) -> answer(devices, driverVersion);
        };
    }

    private static Availability answer(List<GpuDevice> devices, int driverVersion) {
        GpuDevice device = devices.getFirst();
        GpuTarget target = new GpuTarget(device.major(), device.minor(), driverVersion);
        Optional<Availability.Unavailable> noKernels =
                KernelImages.refusal(target, () -> CudaLoader.runtime().whyMissing(CudaLibrary.NVRTC));
        return noKernels.isPresent()
                ? noKernels.get()
                : new Availability.Available(
                        device.describe() + Gpus.others(devices.size()),
                        options -> open(
                                options,
                                devices.stream().map(GpuDevice::ordinal).toList()),
                        () -> CudaLoader.runtime().describe());
    }

    private static Backend open(BackendOptions options, List<Integer> ordinals) {
        CudaRuntime runtime = CudaLoader.runtime();
        Libraries libraries = new Libraries(
                runtime.missing(CudaLibrary.CUBLAS),
                runtime.missing(CudaLibrary.CUSPARSE),
                runtime.whyMissing(CudaLibrary.NVRTC).orElse(null));
        return CudaBackend.open(options, ordinals, libraries);
    }
}
