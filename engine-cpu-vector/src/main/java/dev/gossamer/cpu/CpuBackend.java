package dev.gossamer.cpu;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.List;
import java.util.Map;

/** The Vector API backend: one plan cache and one pool of worker threads for all workspaces. */
final class CpuBackend implements Backend {

    private final CpuTuning tuning;
    private final Workers workers;
    private final PlanCache plans = new PlanCache();

    private CpuBackend(BackendOptions options) {
        this.tuning = new CpuTuning(options.tuning());
        this.workers = new Workers(options.threads());
    }

    static Backend open(BackendOptions options) {
        return new CpuBackend(options);
    }

    CpuTuning cpuTuning() {
        return tuning;
    }

    Workers workers() {
        return workers;
    }

    PatternPlan plan(SparsityPattern pattern) {
        return plans.plan(pattern);
    }

    @Override
    public String name() {
        return "cpu-vector";
    }

    @Override
    public String device() {
        return CpuInfo.describe() + ", up to " + workers.size() + (workers.size() == 1 ? " thread" : " threads");
    }

    @Override
    public TuningTable tuning() {
        return tuning.table();
    }

    @Override
    public Map<String, List<Double>> tunable() {
        return CpuTuning.TUNABLE;
    }

    /** Whatever the number of worker threads: a workspace of one thread computes on that of its owner. */
    @Override
    public int parallelism() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** Fills vectors and stays in the caches; 1024 images of the MLP take a quarter longer each. */
    @Override
    public int bulkBatch() {
        return 256;
    }

    @Override
    public Workspace workspace(int threads) {
        return new CpuWorkspace(this, Math.min(threads, workers.size()));
    }

    @Override
    public void close() {
        workers.close();
    }
}
