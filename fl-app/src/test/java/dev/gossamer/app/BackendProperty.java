package dev.gossamer.app;

import dev.gossamer.engine.Backends;
import org.jspecify.annotations.Nullable;

/** The property that chooses the backend, at a value for as long as this is open; the build may have given it another. */
final class BackendProperty implements AutoCloseable {

    private final @Nullable String before = System.getProperty(Backends.PROPERTY);

    private BackendProperty() {}

    static BackendProperty set(String name) {
        BackendProperty property = new BackendProperty();
        System.setProperty(Backends.PROPERTY, name);
        return property;
    }

    static BackendProperty unset() {
        BackendProperty property = new BackendProperty();
        System.clearProperty(Backends.PROPERTY);
        return property;
    }

    @Override
    public void close() {
        if (before == null) {
            System.clearProperty(Backends.PROPERTY);
        } else {
            System.setProperty(Backends.PROPERTY, before);
        }
    }
}
