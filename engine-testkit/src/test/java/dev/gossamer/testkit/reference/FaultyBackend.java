package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Workspace;
import org.jspecify.annotations.Nullable;

/** The reference backend with one planted fault, or none. */
final class FaultyBackend extends ReferenceBackend {

    private final @Nullable Fault fault;

    FaultyBackend(@Nullable Fault fault) {
        this.fault = fault;
    }

    @Override
    public Workspace workspace(int threads) {
        return new FaultyWorkspace(null, fault);
    }
}
