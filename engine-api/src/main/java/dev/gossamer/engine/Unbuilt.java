package dev.gossamer.engine;

/** What a backend answers that does not have an operation yet; goes when all have all of them. */
public final class Unbuilt {

    private Unbuilt() {}

    public static EngineException of(String op) {
        return new EngineException("This backend does not have " + op + " yet");
    }
}
