package dev.gossamer.engine;

/**
 * Found by {@link java.util.ServiceLoader}. Implementations mention no accelerator or incubator type in fields or
 * signatures and do nothing in static initialisers, so that a provider always loads and can say what is missing.
 */
public interface BackendProvider {

    /** The value of {@code gossamer.backend} that chooses it. */
    String name();

    /** {@code auto} takes the available backend of the highest priority. */
    int priority();

    /** Whether it can run here. Cheap, throws nothing, leaves nothing open. */
    Availability probe();
}
