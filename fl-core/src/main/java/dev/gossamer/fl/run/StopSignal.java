package dev.gossamer.fl.run;

/**
 * Asks a run to end early, from any thread: no further client begins, those at work on this machine end between two batches,
 * others finish, and a checkpoint of the last whole round is written.
 */
public final class StopSignal {

    private volatile boolean given;

    public void give() {
        given = true;
    }

    boolean isGiven() {
        return given;
    }

    /** Ends the calling run if the signal was given. */
    public void check() {
        if (given) {
            throw new RunStoppedException();
        }
    }
}
