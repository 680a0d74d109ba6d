package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;

/** What a method carries from round to round. Immutable. */
public interface ServerState {

    /** The round that made it; 0 is the initial model. */
    int round();

    /** The global model. */
    ModelState model();
}
