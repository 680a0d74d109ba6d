package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Libraries;
import dev.gossamer.cuda.load.CudaLibrary;
import dev.gossamer.cuda.load.CudaLoader;
import dev.gossamer.cuda.load.CudaRuntime;
import dev.gossamer.cuda.load.Probe;
import dev.gossamer.engine.Availability;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.BackendProvider;

/** Offers the backend {@code cuda}. The probe asks for a GPU only; CUDA's libraries are loaded when the backend opens. */
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
            case Probe.Ready(var device) ->
                new Availability.Available(
                        device.describe(),
                        options -> open(options, device.ordinal()),
                        () -> CudaLoader.runtime().describe());
        };
    }

    private static Backend open(BackendOptions options, int ordinal) {
        CudaRuntime runtime = CudaLoader.runtime();
        Libraries libraries = new Libraries(
                runtime.missing(CudaLibrary.CUBLAS),
                runtime.missing(CudaLibrary.CUSPARSE),
                runtime.missing(CudaLibrary.NVRTC));
        return CudaBackend.open(options, ordinal, libraries);
    }
}
