package dev.gossamer.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** The results of earlier runs and of this one, a line of JSON each in a file. */
final class Results {

    private final @Nullable Path file;
    private final Map<String, ClassResult> known = new HashMap<>();

    /** Reads the file if there is one; a last line that was cut off counts as not written. */
    Results(@Nullable Path file) throws IOException {
        this.file = file;
        if (file != null && Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                try {
                    ClassResult result = ClassResult.parse(line);
                    known.put(result.name(), result);
                } catch (JacksonException e) {
                    System.err.println("contracts: passed over a line of " + file + " that is not whole");
                }
            }
        }
    }

    /** What the class came to earlier; null when it has not run. */
    @Nullable
    ClassResult of(String name) {
        return known.get(name);
    }

    void add(ClassResult result) throws IOException {
        if (file != null) {
            String end = endsWithinALine(file) ? "\n" : "";
            Files.writeString(file, end + result.json() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    private static boolean endsWithinALine(Path file) throws IOException {
        return Files.exists(file)
                && Files.size(file) > 0
                && !Files.readString(file).endsWith("\n");
    }
}
