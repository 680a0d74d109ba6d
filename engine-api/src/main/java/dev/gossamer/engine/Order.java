package dev.gossamer.engine;

/** A list of sample numbers in the backend's memory: the order in which an epoch visits them. */
public interface Order extends Resource {

    /** Longest order that a {@link Cell} can count through exactly: 2^24. */
    int MAX_CAPACITY = 1 << 24;

    int capacity();
}
