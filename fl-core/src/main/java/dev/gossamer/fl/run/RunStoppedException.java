package dev.gossamer.fl.run;

import java.io.Serial;

/** A run ended early because a {@link StopSignal} was given; its directory has a checkpoint to go on from. */
public final class RunStoppedException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    RunStoppedException() {
        super("The run was stopped");
    }
}
