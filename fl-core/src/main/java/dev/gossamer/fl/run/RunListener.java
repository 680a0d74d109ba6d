package dev.gossamer.fl.run;

/** Hears of a run's progress, on the thread that runs it. */
public interface RunListener {

    /** One that does nothing. */
    RunListener NONE = new RunListener() {};

    /** Before the first round. */
    default void started(Experiment experiment) {}

    /** Something that the run gets over, and that somebody should know. */
    default void warned(String what) {}

    /** After a round, when its line is in {@code metrics.jsonl}. */
    default void roundDone(RoundMetrics metrics) {}

    /**
     * Whether it reads the run's checkpoints when it hears of a round: that one's is then on the disk before it does, where it
     * would be written beside the next round.
     */
    default boolean readsCheckpoints() {
        return false;
    }

    /** When the run ends early, stopped or failed, and what it takes to go on after its last round is on the disk. */
    default void halted() {}

    /** At the end, when all files are written. */
    default void finished(RunResult result) {}

    /** This one and another, which hears everything after it. */
    default RunListener then(RunListener next) {
        RunListener first = this;
        return new RunListener() {

            @Override
            public void started(Experiment experiment) {
                first.started(experiment);
                next.started(experiment);
            }

            @Override
            public void warned(String what) {
                first.warned(what);
                next.warned(what);
            }

            @Override
            public void roundDone(RoundMetrics metrics) {
                first.roundDone(metrics);
                next.roundDone(metrics);
            }

            @Override
            public boolean readsCheckpoints() {
                return first.readsCheckpoints() || next.readsCheckpoints();
            }

            @Override
            public void halted() {
                first.halted();
                next.halted();
            }

            @Override
            public void finished(RunResult result) {
                first.finished(result);
                next.finished(result);
            }
        };
    }
}
