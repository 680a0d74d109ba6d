package dev.gossamer.bench;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --data}, else the environment's {@code GOSSAMER_DATA}. */
final class DataOption {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = {
                "Folder with dlmc/index.csv; fashion-mnist in it is for the federated run.",
                "Default: $GOSSAMER_DATA; without either, no matrices of DLMC"
            })
    private @Nullable Path named;

    /** The folder; null if none was named, or the environment's has no DLMC. */
    @Nullable
    Path folder() {
        if (named != null) {
            return named;
        }
        String environment = System.getenv("GOSSAMER_DATA");
        Path folder = environment == null || environment.isEmpty() ? null : Path.of(environment);
        return folder != null && folder.resolve("dlmc", "index.csv").toFile().exists() ? folder : null;
    }

    /** What was given, for another process. */
    List<String> again() {
        return named == null ? List.of() : List.of("--data", named.toString());
    }

    /** Whether the command line named it. */
    boolean isNamed() {
        return named != null;
    }
}
