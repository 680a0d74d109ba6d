package dev.gossamer.bench;

import java.util.stream.DoubleStream;

/** One way to compute a problem's answer, set up and ready to run again and again. */
interface Contender extends AutoCloseable {

    /** Computes the answer, and returns when it is computed. */
    void run();

    /** Nanoseconds of a run, on average over that many of them. Who runs in another process times itself, there. */
    default double nanos(int runs) {
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            run();
        }
        return (double) (System.nanoTime() - start) / runs;
    }

    /**
     * Nanoseconds of each run, one right after the other for so long, but at least one. Who runs in another process does all of it
     * there: what passes between the processes would be a pause that no caller asked for.
     */
    default double[] latencies(double nanos) {
        DoubleStream.Builder latencies = DoubleStream.builder();
        long start = System.nanoTime();
        do {
            latencies.add(nanos(1));
        } while (System.nanoTime() - start < nanos);
        return latencies.build().toArray();
    }

    /** The answer of the last run, row-major. */
    float[] result();

    @Override
    void close();
}
