package dev.gossamer.engine;

import org.jspecify.annotations.Nullable;

/** The backend asked for is unknown or cannot run here. The message says why and what to do. */
public class BackendSelectionException extends EngineException {

    private static final long serialVersionUID = 1L;

    public BackendSelectionException(String message) {
        super(message);
    }

    public BackendSelectionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
