package dev.gossamer.bench;

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

    /** The answer of the last run, row-major. */
    float[] result();

    @Override
    void close();
}
