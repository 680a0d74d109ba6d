package dev.gossamer.engine;

/** Class numbers of a batch in the backend's memory. */
public interface Labels extends Resource {

    int capacity();
}
