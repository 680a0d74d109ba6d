package dev.gossamer.app;

import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunResult;
import dev.gossamer.fl.run.StopSignal;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;

/**
 * Sees to it that a run that ends before its end can go on, by Ctrl-C, SIGTERM or a failure, and says how. After a signal the
 * clients at work are stopped, and a checkpoint is written; the JVM's exit code is then 130 or 143 by itself.
 */
final class Interruption implements RunListener, AutoCloseable {

    private final String goOn;
    private final PrintWriter err;
    private final StopSignal stop = new StopSignal();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted, "gossamer-interruption");
    private volatile int done;
    private volatile boolean started;
    private volatile boolean finished;

    private Interruption(String goOn, PrintWriter err) {
        this.goOn = goOn;
        this.err = err;
    }

    /**
     * Listens for signals until closed.
     *
     * @param goOn the command that goes on
     */
    static Interruption expect(String goOn, PrintWriter err) {
        Interruption interruption = new Interruption(goOn, err);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /** What tells the run to end. */
    StopSignal stop() {
        return stop;
    }

    @Override
    public void started(Experiment experiment) {
        started = true;
    }

    @Override
    public void warned(String what) {
        say("warning: " + what);
    }

    @Override
    public void roundDone(RoundMetrics metrics) {
        done = metrics.round();
    }

    @Override
    public void finished(RunResult result) {
        finished = true;
    }

    private void interrupted() {
        stop.give();
        say("stopping the clients at work; kill -9 stops at once, and does no harm");
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tell("interrupted");
    }

    private void tell(String what) {
        if (finished) {
            return;
        }
        say(what + (done == 0 ? "" : " after round " + done) + "; go on with: " + goOn);
    }

    private void say(String what) {
        err.println("gossamer: " + what);
        err.flush();
    }

    /** After everything that the run holds was closed. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is shutting down already: the hook waits for this, and says what it has to say.
            ended.countDown();
            return;
        }
        if (started) {
            tell("the run failed");
        }
    }
}
