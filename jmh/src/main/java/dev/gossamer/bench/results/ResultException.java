package dev.gossamer.bench.results;

/** A file of results that is not what was asked for; the message names it. */
public final class ResultException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public ResultException(String message) {
        super(message);
    }

    public ResultException(String message, Throwable cause) {
        super(message, cause);
    }
}
