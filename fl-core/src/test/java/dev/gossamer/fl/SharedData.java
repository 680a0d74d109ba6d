package dev.gossamer.fl;

import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of real data that tests read and the project does not contain: {@code GOSSAMER_DATA}, or
 * {@code ../shared/data} beside the project. Where it is missing the test is skipped with a printed reason;
 * {@code -Dgossamer.data.required=true} makes that a failure.
 */
public final class SharedData {

    private SharedData() {}

    public static Path folder(String name) {
        Path root = root();
        Path folder = root == null ? null : root.resolve(name);
        if (folder != null && Files.isDirectory(folder)) {
            return folder;
        }
        String reason = "no data folder '" + name + "' in " + (root == null ? "../shared/data" : root)
                + "; set GOSSAMER_DATA to the folder that has it";
        if (Boolean.getBoolean("gossamer.data.required")) {
            return fail(reason);
        }
        System.out.println("SKIPPED: " + reason);
        Assumptions.abort(reason);
        throw new AssertionError("abort returns never");
    }

    /** A relative {@code GOSSAMER_DATA} counts from the project's root, whichever module's folder the test runs in. */
    private static @Nullable Path root() {
        String named = System.getenv("GOSSAMER_DATA");
        String relative = named == null || named.isBlank() ? "../shared/data" : named;
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("mvnw"))) {
                return at.resolve(relative).normalize();
            }
        }
        return null;
    }
}
