package dev.gossamer.cuda;

import dev.gossamer.cuda.device.CudaDevice;
import dev.gossamer.cuda.device.Libraries;
import dev.gossamer.cuda.device.Live;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Workspace;
import java.util.List;
import java.util.Map;

/** One GPU: its kernels and the plans of patterns, shared by all workspaces; each of these has a stream of its own. */
final class CudaBackend implements Backend {

    private final CudaTuning tuning;
    private final CudaDevice device;
    private final PlanCache plans;
    private boolean open = true;

    private CudaBackend(CudaTuning tuning, CudaDevice device) {
        this.tuning = tuning;
        this.device = device;
        this.plans = new PlanCache(device);
    }

    /** Opens the GPU of that number; the driver and the libraries were found and loaded before. */
    static Backend open(BackendOptions options, int ordinal, Libraries libraries) {
        CudaTuning tuning = new CudaTuning(options.tuning());
        return new CudaBackend(tuning, CudaDevice.open(ordinal, libraries, tuning.tf32()));
    }

    CudaTuning cudaTuning() {
        return tuning;
    }

    PlanCache plans() {
        return plans;
    }

    /** What is held of the device now. */
    Live live() {
        return device.live();
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String device() {
        return device.describe();
    }

    @Override
    public TuningTable tuning() {
        return tuning.table();
    }

    @Override
    public Map<String, List<Double>> tunable() {
        return CudaTuning.TUNABLE;
    }

    /** The number of threads means nothing here: work runs on the GPU, on a stream of this workspace. */
    @Override
    public Workspace workspace(int threads) {
        device.makeCurrent();
        return new CudaWorkspace(this, device);
    }

    /** All workspaces are closed. Idempotent. */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            device.makeCurrent();
            plans.close();
            device.close();
        }
    }
}
