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

/**
 * GPUs of one kind. Each has its kernels and the plans of patterns, shared by all workspaces on it; each of these has a stream of
 * its own.
 */
final class CudaBackend implements Backend {

    private final CudaTuning tuning;
    private final Gpus gpus;
    private boolean open = true;

    private CudaBackend(CudaTuning tuning, Gpus gpus) {
        this.tuning = tuning;
        this.gpus = gpus;
    }

    /**
     * Opens the first of the GPUs, and the others when they are needed; the driver and the libraries were found and loaded
     * before.
     *
     * @param ordinals of GPUs of one kind, at least one
     */
    static Backend open(BackendOptions options, List<Integer> ordinals, Libraries libraries) {
        CudaTuning tuning = new CudaTuning(options.tuning());
        return new CudaBackend(
                tuning,
                new Gpus(
                        ordinals,
                        ordinal -> CudaDevice.open(ordinal, libraries, tuning.tf32(), tuning.launchOverlap())));
    }

    /** What is held of each GPU that is open, now. */
    List<Live> live() {
        return gpus.devices().stream().map(CudaDevice::live).toList();
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String device() {
        return gpus.describe();
    }

    @Override
    public TuningTable tuning() {
        return tuning.table();
    }

    @Override
    public Map<String, List<Double>> tunable() {
        return CudaTuning.TUNABLE;
    }

    @Override
    public int parallelism() {
        return gpus.count();
    }

    /**
     * A pass of 256 samples leaves most of a GPU idle, and takes its launches and a wait all the same; a test in one pass is not
     * even worth a graph.
     */
    @Override
    public int bulkBatch() {
        return 16_384;
    }

    /**
     * The number of threads means nothing here: work runs on a GPU, on a stream of this workspace. Threads are dealt to the GPUs;
     * all workspaces that a thread has at a time are on one.
     */
    @Override
    public Workspace workspace(int threads) {
        Gpus.Gpu gpu = gpus.enter();
        Thread thread = Thread.currentThread();
        try {
            return new CudaWorkspace(tuning, gpu, () -> gpus.leave(gpu, thread));
        } catch (RuntimeException e) {
            gpus.leave(gpu, thread);
            throw e;
        }
    }

    /** All workspaces are closed. Idempotent. */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            gpus.close();
        }
    }
}
