package dev.gossamer.engine.check;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Workspace;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** A backend whose workspaces are {@link CheckedWorkspace}s. */
public final class CheckedBackend implements Backend {

    private final Backend raw;
    private final AtomicBoolean open = new AtomicBoolean(true);

    public CheckedBackend(Backend raw) {
        this.raw = raw;
    }

    @Override
    public String name() {
        return raw.name();
    }

    @Override
    public String device() {
        return raw.device();
    }

    @Override
    public TuningTable tuning() {
        return raw.tuning();
    }

    @Override
    public Map<String, List<Double>> tunable() {
        return raw.tunable();
    }

    @Override
    public int parallelism() {
        return raw.parallelism();
    }

    @Override
    public int bulkBatch() {
        return raw.bulkBatch();
    }

    @Override
    public Workspace workspace(int threads) {
        if (!open.get()) {
            throw new IllegalStateException("Backend " + raw.name() + " is closed");
        }
        if (threads < 1) {
            throw new IllegalArgumentException("A workspace needs at least 1 thread, got " + threads);
        }
        return new CheckedWorkspace(raw.workspace(threads));
    }

    @Override
    public void close() {
        if (open.getAndSet(false)) {
            raw.close();
        }
    }
}
