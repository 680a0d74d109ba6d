package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;

/** How benchmarks open a backend. */
final class BackendSetup {

    private BackendSetup() {}

    static Backend open(String name) {
        return Backends.open(name, BackendOptions.defaults()).backend();
    }
}
