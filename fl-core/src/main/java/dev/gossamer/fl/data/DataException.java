package dev.gossamer.fl.data;

import java.io.Serial;

/** Data that cannot be used; the text names the file or setting, what is wrong with it, and what to do. */
public sealed class DataException extends RuntimeException permits MissingDataException {

    @Serial
    private static final long serialVersionUID = 1;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
