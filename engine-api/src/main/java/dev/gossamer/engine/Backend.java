package dev.gossamer.engine;

import java.util.List;
import java.util.Map;

/** An open engine on one device. Thread-safe; each workspace belongs to one thread. */
public interface Backend extends AutoCloseable {

    /** The name it is chosen by. */
    String name();

    /** The device and what of it is used, for people: {@code "AMD EPYC, 512-bit vectors, 2 threads"}. */
    String device();

    /** The table in force: what was given, completed by the backend's committed defaults. A run stores it. */
    TuningTable tuning();

    /**
     * For each entry of the table that may be measured, the values worth trying. What changes precision rather than speed is
     * not among them.
     */
    default Map<String, List<Double>> tunable() {
        return Map.of();
    }

    /**
     * How many workspaces of one thread compute side by side, each as fast as by itself: as many as there are processors, or GPUs.
     * More of them may still do more together, where one leaves a device half idle.
     */
    int parallelism();

    /**
     * Samples from which on a forward pass of a small model takes no less time for each of them, if there are more: those that
     * keep the device busy.
     */
    int bulkBatch();

    /**
     * A workspace for the calling thread.
     *
     * @param threads how many threads its ops may use, at least 1; 1 where clients already run side by side
     */
    Workspace workspace(int threads);

    @Override
    void close();
}
