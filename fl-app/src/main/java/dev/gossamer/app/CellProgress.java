package dev.gossamer.app;

import dev.gossamer.fl.reproduce.CellListener;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RunResult;
import java.io.PrintWriter;
import java.time.Duration;

/** A line for each cell that is done, and how long the rest will take, if they are like those. */
final class CellProgress implements CellListener {

    private final boolean quiet;
    private final PrintWriter err;
    private final long start = System.nanoTime();
    private int cells;
    private int before;
    private int done;

    CellProgress(boolean quiet, PrintWriter err) {
        this.quiet = quiet;
        this.err = err;
    }

    @Override
    public void planned(int all, int complete) {
        cells = all;
        before = complete;
        say(Text.of("%d cells, of which %d are done", all, complete));
    }

    @Override
    public void finished(ExperimentConfig cell, RunResult result) {
        done++;
        int left = cells - before - done;
        double seconds = (System.nanoTime() - start) / 1e9 / done * left;
        say(Text.of(
                "%d/%d  %s  accuracy %.4f  %.0f s%s",
                before + done,
                cells,
                name(cell),
                result.lastAccuracy(),
                result.wallSeconds(),
                left == 0 ? "" : "  about " + duration(Duration.ofSeconds((long) seconds)) + " left"));
    }

    @Override
    public void failed(ExperimentConfig cell, RuntimeException why) {
        err.println("gossamer: " + name(cell) + " failed: " + (why.getMessage() == null ? why : why.getMessage()));
        err.flush();
    }

    @Override
    public void elsewhere(ExperimentConfig cell) {
        say(name(cell) + " is run by another process; the table gets it when this command is given again");
    }

    @Override
    public void warned(ExperimentConfig cell, String what) {
        err.println("gossamer: warning: " + name(cell) + ": " + what);
        err.flush();
    }

    private static String name(ExperimentConfig cell) {
        String sparsity = cell.options().has("sparsity") ? " " + cell.options().real("sparsity") : "";
        return Text.of(
                "%s%s of %s, %s, seed %d", cell.method(), sparsity, cell.dataset(), cell.partition(), cell.seed());
    }

    private static String duration(Duration time) {
        return time.toHours() > 0
                ? Text.of("%d h %02d min", time.toHours(), time.toMinutesPart())
                : Text.of("%d min", time.toMinutes() + 1);
    }

    private void say(String what) {
        if (!quiet) {
            err.println(what);
            err.flush();
        }
    }
}
