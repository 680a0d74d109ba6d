package dev.gossamer.engine;

/**
 * A recorded sequence of ops that can be run again without the cost of issuing it: a CUDA graph, a plain call on the CPU. It
 * is captured within its first runs, and again after a space that it uses changed its pattern; which run does what changes
 * no number. Ends with the workspace that recorded it.
 */
@FunctionalInterface
public interface Step {

    /** Runs the ops once, in the order recorded; may return before they are done. */
    void run();

    /**
     * Runs the ops so many times, as as many calls of {@link #run()} do, to the same bits; a backend may issue several runs at
     * once.
     *
     * @param times 0 or more
     * @throws IllegalArgumentException if {@code times} is negative
     */
    default void run(int times) {
        for (int i = 0; i < times; i++) {
            run();
        }
    }

    /** One line: how it is run, and why not faster. */
    default String describe() {
        return "issues its ops one by one";
    }
}
