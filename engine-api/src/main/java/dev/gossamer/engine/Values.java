package dev.gossamer.engine;

/** f32 values over a {@link Space}: theta, gradient, momentum and so on. */
public interface Values extends Resource {

    Space space();

    Role role();
}
