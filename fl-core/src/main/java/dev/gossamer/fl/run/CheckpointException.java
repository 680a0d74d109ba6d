package dev.gossamer.fl.run;

import java.io.Serial;

/** A checkpoint that cannot be read: damaged, cut short, of another run or another release. The message names the file. */
public final class CheckpointException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    CheckpointException(String message) {
        super(message);
    }

    CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
