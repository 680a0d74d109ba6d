package dev.gossamer.cuda.load;

import dev.gossamer.engine.Availability.Unavailable;

/** Ends a search or a load, with what is missing and what to do. Does not leave this package. */
final class RefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient Unavailable why;

    RefusedException(Unavailable why) {
        super(why.reason(), why.cause());
        this.why = why;
    }

    Unavailable why() {
        return why;
    }
}
