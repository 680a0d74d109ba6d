package dev.gossamer.bench;

/** One way to compute a problem's answer, set up and ready to run again and again. */
interface Contender extends AutoCloseable {

    /** Computes the answer, and returns when it is computed. */
    void run();

    /** The answer of the last run, row-major. */
    float[] result();

    @Override
    void close();
}
