package dev.gossamer.engine;

import org.jspecify.annotations.Nullable;

/** A failure of the engine or of a backend at run time. Wrong arguments are {@link IllegalArgumentException}s. */
public class EngineException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public EngineException(String message) {
        super(message);
    }

    public EngineException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
