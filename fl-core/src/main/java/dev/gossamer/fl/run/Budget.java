package dev.gossamer.fl.run;

/**
 * How much memory clients may take together, on and off the heap and on a GPU.
 *
 * @param bytes 0 for as much as there is
 */
record Budget(long bytes) {

    static final Budget NONE = new Budget(0);

    boolean isBounded() {
        return bytes > 0;
    }

    /** Whether a worker fits that takes so many bytes. */
    boolean holds(long each) {
        return !isBounded() || each <= bytes;
    }

    /**
     * Workers that fit, at least one.
     *
     * @param most that there may be
     * @param each bytes that one takes
     */
    int workers(int most, long each) {
        return isBounded() ? Math.clamp(bytes / Math.max(1, each), 1, most) : most;
    }
}
