package dev.gossamer.engine;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a backend is opened.
 *
 * @param threads the most threads any of its workspaces may use, at least 1
 * @param tuning entries that replace the backend's committed defaults
 */
public record BackendOptions(int threads, TuningTable tuning) {

    /** More than any machine has; a system lends a process some tens of thousands of threads, and stalls before. */
    public static final int MOST_THREADS = 4096;

    public BackendOptions {
        if (threads < 1 || threads > MOST_THREADS) {
            throw new IllegalArgumentException("threads must be from 1 to " + MOST_THREADS + ", got " + threads);
        }
    }

    /**
     * One thread per available processor ({@code gossamer.threads} overrides) and the committed tuning, with the entries of
     * {@code gossamer.tuning} in place of its own: {@code -Dgossamer.tuning=gemm.tf32=1,masked.density=0.2}, or the name of a
     * file that {@code gossamer tune} wrote.
     */
    public static BackendOptions defaults() {
        String asked = System.getProperty("gossamer.threads", "").strip();
        int threads = Runtime.getRuntime().availableProcessors();
        if (!asked.isEmpty()) {
            try {
                threads = Integer.parseInt(asked);
            } catch (NumberFormatException e) {
                throw wrongThreads(asked, e);
            }
            if (threads < 1 || threads > MOST_THREADS) {
                throw wrongThreads(asked, null);
            }
        }
        return new BackendOptions(threads, tuning(System.getProperty("gossamer.tuning", "")));
    }

    private static IllegalArgumentException wrongThreads(String asked, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "gossamer.threads must be a whole number from 1 to " + MOST_THREADS + ", got '" + asked + "'", cause);
    }

    private static TuningTable tuning(String asked) {
        if (!asked.isBlank() && !asked.contains("=")) {
            return tuningFile(asked.strip());
        }
        Map<String, Double> entries = new HashMap<>();
        for (String entry : asked.isBlank() ? new String[0] : asked.split(",", -1)) {
            int equals = entry.indexOf('=');
            try {
                entries.put(entry.substring(0, equals).strip(), Double.valueOf(entry.substring(equals + 1)));
            } catch (IndexOutOfBoundsException | NumberFormatException e) {
                throw new IllegalArgumentException(
                        "gossamer.tuning takes entries like gemm.tf32=1, separated by commas; got '" + entry + "'", e);
            }
        }
        return new TuningTable(entries);
    }

    private static TuningTable tuningFile(String name) {
        try {
            return TuningTable.load(Path.of(name));
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(
                    "gossamer.tuning takes entries like gemm.tf32=1, separated by commas, or a file of them; '" + name
                            + "' is neither (" + e + ")",
                    e);
        }
    }

    public BackendOptions withTuning(TuningTable table) {
        return new BackendOptions(threads, table);
    }
}
