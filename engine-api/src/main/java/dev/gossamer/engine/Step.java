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

    /** One line: how it is run, and why not faster. */
    default String describe() {
        return "issues its ops one by one";
    }
}
