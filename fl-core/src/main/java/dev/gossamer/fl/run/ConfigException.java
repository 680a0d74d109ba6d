package dev.gossamer.fl.run;

import java.io.Serial;

/** A setting that cannot be used; the text names it, its value, what is allowed, and where it came from. */
public class ConfigException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    public ConfigException(String message) {
        super(message);
    }

    public ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
