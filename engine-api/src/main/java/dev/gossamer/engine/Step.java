package dev.gossamer.engine;

/**
 * A recorded sequence of ops that can be run again without the cost of issuing it: a CUDA graph, a plain call on the CPU.
 * It is captured on its first run, and again after a space that it uses changed its pattern.
 */
@FunctionalInterface
public interface Step {

    /** Runs the ops once, in the order recorded; may return before they are done. */
    void run();
}
