package dev.gossamer.engine;

/**
 * How a backend is opened.
 *
 * @param threads the most threads any of its workspaces may use, at least 1
 * @param tuning entries that replace the backend's committed defaults
 */
public record BackendOptions(int threads, TuningTable tuning) {

    public BackendOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, got " + threads);
        }
    }

    /** One thread per available processor ({@code gossamer.threads} overrides) and the committed tuning. */
    public static BackendOptions defaults() {
        String asked = System.getProperty("gossamer.threads", "").strip();
        int threads = Runtime.getRuntime().availableProcessors();
        if (!asked.isEmpty()) {
            try {
                threads = Integer.parseInt(asked);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "gossamer.threads must be a whole number of at least 1, got '" + asked + "'", e);
            }
        }
        return new BackendOptions(threads, TuningTable.EMPTY);
    }

    public BackendOptions withTuning(TuningTable table) {
        return new BackendOptions(threads, table);
    }
}
