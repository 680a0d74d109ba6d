package dev.gossamer.testkit;

import dev.gossamer.engine.Availability;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.BackendSelectionException;
import dev.gossamer.engine.Backends;
import java.util.Arrays;
import org.opentest4j.TestAbortedException;

/**
 * Opens backends for tests. One that cannot run here skips the test and says why; named in
 * {@code -Dgossamer.test.require=cuda,cpu-vector} it fails the test instead, so that a machine that has the device proves
 * that the backend ran.
 */
public final class BackendUnderTest {

    /** System property with the names of backends that must run. */
    public static final String REQUIRE = "gossamer.test.require";

    private BackendUnderTest() {}

    /** The backend of that name, behind its checks. */
    public static Backend open(String name, BackendOptions options) {
        for (Backends.Candidate candidate : Backends.candidates()) {
            if (candidate.name().equals(name)) {
                require(name, candidate.availability());
            }
        }
        return Backends.open(name, options).backend();
    }

    /** The answer of a probe if it is yes; otherwise the test is skipped, or fails where the backend is required. */
    public static Availability.Available require(String name, Availability availability) {
        return switch (availability) {
            case Availability.Available available -> available;
            case Availability.Unavailable why -> {
                String reason = "Backend " + name + " cannot run here: " + why.reason() + ". " + why.remedy();
                if (required(name)) {
                    throw new BackendSelectionException(reason + " (required by -D" + REQUIRE + ")", why.cause());
                }
                throw new TestAbortedException(reason);
            }
        };
    }

    private static boolean required(String name) {
        return Arrays.asList(System.getProperty(REQUIRE, "").split(",")).contains(name);
    }
}
