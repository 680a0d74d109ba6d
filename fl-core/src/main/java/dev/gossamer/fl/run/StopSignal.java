package dev.gossamer.fl.run;

/** Asks a run to end early, from any thread: no further client begins, those at work finish, and a checkpoint is written. */
public final class StopSignal {

    private volatile boolean given;

    public void give() {
        given = true;
    }

    /** Ends the calling run if the signal was given. */
    public void check() {
        if (given) {
            throw new RunStoppedException();
        }
    }
}
