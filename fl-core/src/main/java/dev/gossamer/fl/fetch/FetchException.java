package dev.gossamer.fl.fetch;

import java.io.Serial;

/** A data set that could not be fetched; the text names the address or file, what went wrong, and what to do. */
public final class FetchException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    public FetchException(String message) {
        super(message);
    }

    public FetchException(String message, Throwable cause) {
        super(message, cause);
    }
}
