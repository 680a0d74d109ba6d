package dev.gossamer.engine.check;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Workspace;

/** A backend whose workspaces are {@link CheckedWorkspace}s. */
public final class CheckedBackend implements Backend {

    private final Backend raw;

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
    public Workspace workspace(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("A workspace needs at least 1 thread, got " + threads);
        }
        return new CheckedWorkspace(raw.workspace(threads));
    }

    @Override
    public void close() {
        raw.close();
    }
}
