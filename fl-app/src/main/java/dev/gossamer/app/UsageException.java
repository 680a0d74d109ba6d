package dev.gossamer.app;

import java.io.Serial;

/** Something that the user has to put right; the text names it and says how. */
final class UsageException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }

    UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
