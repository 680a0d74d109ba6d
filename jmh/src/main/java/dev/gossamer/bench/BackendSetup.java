package dev.gossamer.bench;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.testkit.reference.ReferenceProvider;

/** How benchmarks open a backend. */
final class BackendSetup {

    private BackendSetup() {}

    static Backend open(String name) {
        return Backends.open(name, BackendOptions.defaults()).backend();
    }

    /** The oracle, without a line in the log for each answer that it checks. */
    static Backend oracle() {
        return switch (new ReferenceProvider().probe()) {
            case Availability.Available available -> available.open().apply(BackendOptions.defaults());
            case Availability.Unavailable unavailable -> throw new IllegalStateException(unavailable.reason());
        };
    }
}
