package dev.gossamer.fl;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.EngineException;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
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

    /** Those of {@link #names} that have convolutions. For {@code @MethodSource}. */
    public static List<String> convolving() {
        return names().stream().filter(TestBackends::convolves).toList();
    }

    private static boolean convolves(String name) {
        try (Backend backend = open(name);
                Workspace workspace = backend.workspace(1)) {
            workspace.product(new Geometry(1, 3, 3, 1, 3, 3, 1, 1));
            workspace.indices(new Shape(1, 1, 1, 1));
            return true;
        } catch (EngineException e) {
            return false;
        }
    }

    /** A checked backend, open. */
    public static Backend open(String name) {
        return Backends.open(name, BackendOptions.defaults()).backend();
    }
}
