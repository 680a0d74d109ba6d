package dev.gossamer.fl;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import java.util.List;

/** The backends that fl-core's tests run on: the one that {@code gossamer.backend} names, or all of the class path. */
public final class TestBackends {

    private TestBackends() {}

    /** For {@code @MethodSource}. */
    public static List<String> names() {
        String asked = System.getProperty(Backends.PROPERTY, "").strip();
        if (!asked.isEmpty() && !asked.equals(Backends.AUTO)) {
            return List.of(asked);
        }
        return Backends.candidates().stream()
                .filter(candidate -> candidate.availability() instanceof Availability.Available)
                .map(Backends.Candidate::name)
                .toList();
    }

    /** A checked backend, open. */
    public static Backend open(String name) {
        return Backends.open(name, BackendOptions.defaults()).backend();
    }
}
