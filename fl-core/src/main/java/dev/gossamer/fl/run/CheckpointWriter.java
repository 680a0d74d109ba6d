package dev.gossamer.fl.run;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Writes a run's checkpoints beside the rounds that follow, one after the other: the disk takes as long as a round of a small
 * model on a GPU does. A checkpoint is handed over complete and is not changed any more; the next one waits until it is on the
 * disk, so that there is never more than one under way. What goes wrong is thrown by whatever waits for it.
 */
final class CheckpointWriter implements AutoCloseable {

    private final RunDirectory directory;
    private final Checkpoints checkpoints;
    private final ExecutorService thread;
    private CompletableFuture<Void> underWay = CompletableFuture.completedFuture(null);
    private int round;

    /**
     * Starts the thread.
     *
     * @param round that the newest checkpoint is of; 0 if there is none
     */
    CheckpointWriter(RunDirectory directory, Checkpoints checkpoints, int round) {
        this.directory = directory;
        this.checkpoints = checkpoints;
        this.round = round;
        this.thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("gossamer-checkpoints").factory());
    }

    /** Round of the last checkpoint that was handed over. */
    int round() {
        return round;
    }

    /**
     * Hands a checkpoint over, once the one before is on the disk.
     *
     * @throws java.io.UncheckedIOException if that one could not be written; those before it are unharmed
     */
    void write(Checkpoint checkpoint) {
        settle();
        round = checkpoint.state().round();
        underWay = CompletableFuture.runAsync(
                () -> {
                    directory.forceMetrics();
                    checkpoints.write(checkpoint);
                },
                thread);
    }

    /**
     * Waits until all that was handed over is on the disk.
     *
     * @throws java.io.UncheckedIOException if it could not be written; said once
     */
    void settle() {
        CompletableFuture<Void> last = underWay;
        underWay = CompletableFuture.completedFuture(null);
        try {
            last.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error error) {
                throw error; // no memory for it, as would have been said at once
            }
            throw e;
        }
    }

    /** Likewise, and ends the thread. */
    @Override
    public void close() {
        try {
            settle();
        } finally {
            thread.shutdown();
        }
    }
}
