package dev.gossamer.app;

import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunListener;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * What is said when a run ends before its end, by Ctrl-C or by a failure. The directory needs no care: its files are whole at
 * any time. After Ctrl-C the JVM's exit code is 130 by itself.
 */
final class Interruption implements RunListener, AutoCloseable {

    private final Path directory;
    private final Progress progress;
    private final PrintWriter err;
    private final Thread hook = new Thread(this::tell, "gossamer-interruption");
    private volatile int done;

    private Interruption(Path directory, Progress progress, PrintWriter err) {
        this.directory = directory;
        this.progress = progress;
        this.err = err;
    }

    /** Tells from now on until closed. */
    static Interruption expect(Path directory, Progress progress, PrintWriter err) {
        Interruption interruption = new Interruption(directory, progress, err);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    @Override
    public void roundDone(RoundMetrics metrics) {
        done = metrics.round();
    }

    private void tell() {
        tell("interrupted");
    }

    /** Ends the display and says what is left of the run. */
    void tell(String what) {
        progress.close();
        err.println("gossamer: " + what + "; " + directory + " has the configuration and the metrics of " + done
                + (done == 1 ? " round" : " rounds"));
        err.flush();
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is shutting down already: the hook is running and says what it has to say.
            return;
        }
    }
}
