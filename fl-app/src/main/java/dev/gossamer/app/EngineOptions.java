package dev.gossamer.app;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which engine, and how it is opened. */
class EngineOptions {

    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            completionCandidates = Names.Backend.class,
            description = "The engine; wins over -Dgossamer.backend=NAME. `gossamer backends` lists them.")
    private @Nullable String backend;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads, at least 1; default: one for each processor. Results do not depend on it.")
    private @Nullable Integer threads;

    @Option(
            names = "--tuning",
            paramLabel = "FILE",
            description =
                    "Tuning table that `gossamer tune` wrote; wins over -Dgossamer.tuning. Default: the committed one.")
    private @Nullable Path tuning;

    final BackendOptions backendOptions() {
        BackendOptions options = options(threads);
        return tuning == null ? options : options.withTuning(load(tuning));
    }

    /** The options with so many threads; null for the default. */
    static BackendOptions options(@Nullable Integer threads) {
        if (threads != null && (threads < 1 || threads > BackendOptions.MOST_THREADS)) {
            throw new UsageException("--threads is " + threads + ", but must be a whole number from 1 to "
                    + BackendOptions.MOST_THREADS);
        }
        try {
            BackendOptions standard = BackendOptions.defaults();
            return threads == null ? standard : new BackendOptions(threads, standard.tuning());
        } catch (IllegalArgumentException e) {
            throw new UsageException("System property " + e.getMessage(), e);
        }
    }

    private static TuningTable load(Path file) {
        try {
            return TuningTable.load(file);
        } catch (IOException e) {
            throw new UsageException(
                    "--tuning: the file " + file
                            + (Files.exists(file) ? " cannot be read (" + FileReason.of(e) + ")" : " is not there")
                            + "; `gossamer tune --out FILE` writes one",
                    e);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--tuning: " + e.getMessage(), e);
        }
    }

    /** The backend, open. */
    final Backends.Choice open(BackendOptions options) {
        if (backend != null && backend.isBlank()) {
            throw new UsageException("--backend is empty; `gossamer backends` lists the backends");
        }
        return open(backend, options);
    }

    /**
     * A backend, open; what it refuses of its own properties and entries is the user's to put right.
     *
     * @param name null for the property's, or the best
     */
    static Backends.Choice open(@Nullable String name, BackendOptions options) {
        try {
            return Backends.open(name, options);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        }
    }
}
