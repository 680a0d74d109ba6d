package dev.gossamer.app;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.Availability.Available;
import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.engine.Backends;

/** Whether the backend {@code cuda} can run on the machine of the tests; some tests need that it can, some that it cannot. */
final class Cuda {

    private Cuda() {}

    /** Why it cannot; skips the test where it can. */
    static Unavailable refusalOrSkip() {
        Availability availability = availability();
        assumeTrue(availability instanceof Unavailable, "the backend cuda can run here");
        return (Unavailable) availability;
    }

    /** Skips the test where it cannot. */
    static void requireOrSkip() {
        Availability availability = availability();
        if (availability instanceof Unavailable why) {
            assumeTrue(false, "the backend cuda cannot run here: " + why.reason());
        }
        assumeTrue(availability instanceof Available);
    }

    private static Availability availability() {
        return Backends.candidates().stream()
                .filter(candidate -> candidate.name().equals("cuda"))
                .findFirst()
                .orElseThrow()
                .availability();
    }
}
