package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.BackendProvider;

/** Offers the backend {@code reference}, which runs everywhere and comes last. */
public final class ReferenceProvider implements BackendProvider {

    @Override
    public String name() {
        return ReferenceBackend.NAME;
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Availability probe() {
        return new Availability.Available(ReferenceBackend.DEVICE, options -> new ReferenceBackend());
    }
}
