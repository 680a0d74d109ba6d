package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Workspace;

/**
 * The oracle as a backend: one thread whatever is asked for, no tuning.
 *
 * <p>Sums are accumulated in double and rounded once. That is more exact than the f32 FMA chain that
 * {@link dev.gossamer.engine.Product} describes, so this backend does not give the bits of that chain.
 */
public class ReferenceBackend implements Backend {

    static final String NAME = "reference";
    static final String DEVICE = "plain loops in double precision, 1 thread";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String device() {
        return DEVICE;
    }

    @Override
    public TuningTable tuning() {
        return TuningTable.EMPTY;
    }

    @Override
    public int parallelism() {
        return Runtime.getRuntime().availableProcessors();
    }

    @Override
    public int bulkBatch() {
        return 256;
    }

    @Override
    public Workspace workspace(int threads) {
        return new ReferenceWorkspace();
    }

    @Override
    public void close() {}
}
