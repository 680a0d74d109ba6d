package dev.gossamer.engine;

/** A data set resident in the backend's memory: unsigned bytes {@code [count][channels, height, width]} and a label each. */
public interface Samples extends Resource {

    /** Shape of one sample; its batch is 1. */
    Shape one();

    long count();

    /** Whether they were made as room for what comes later: see {@link Workspace#samples(Shape, long)}. */
    boolean writable();
}
