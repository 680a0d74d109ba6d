package dev.gossamer.fl.data;

import java.io.Serial;

/** A data set of which nothing, or not enough, was found; the text names the paths tried and where to get the files. */
public final class MissingDataException extends DataException {

    @Serial
    private static final long serialVersionUID = 1;

    public MissingDataException(String message) {
        super(message);
    }
}
