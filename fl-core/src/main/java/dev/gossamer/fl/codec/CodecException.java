package dev.gossamer.fl.codec;

import java.io.Serial;

/** A message that cannot be read, or a model that cannot be put into one; the text names what is wrong and where. */
public final class CodecException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    public CodecException(String message) {
        super(message);
    }

    public CodecException(String message, Throwable cause) {
        super(message, cause);
    }
}
