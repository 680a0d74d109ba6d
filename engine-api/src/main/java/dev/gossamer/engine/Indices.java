package dev.gossamer.engine;

/**
 * Which element of its window each output of a max pool took: a byte each, a quarter of the output's memory. Kept for the
 * backward pass instead of the input.
 */
public interface Indices extends Resource {

    /** Shape of the pool's output. */
    Shape shape();
}
