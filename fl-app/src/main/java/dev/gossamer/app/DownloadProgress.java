package dev.gossamer.app;

import dev.gossamer.fl.fetch.Downloader;
import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Tells people how downloads get on. */
interface DownloadProgress extends Downloader.Listener, AutoCloseable {

    /** Ends the display, if it has begun; the next file begins another. */
    void pause();

    @Override
    default void close() {
        pause();
    }

    /**
     * The display that suits.
     *
     * @param quiet for none
     * @param terminal whether standard error can redraw a line: for a bar, else a line for each tenth of a file
     */
    static DownloadProgress of(boolean quiet, boolean terminal, PrintWriter err) {
        if (quiet) {
            return new Silent();
        }
        return terminal ? new Bar() : new Lines(err);
    }

    /** Nothing. */
    record Silent() implements DownloadProgress {

        @Override
        public void progress(String file, long done, long total) {}

        @Override
        public void pause() {}
    }

    /** For logs. */
    final class Lines implements DownloadProgress {

        private static final int STEPS = 10;
        /** Where the server does not say how much there is. */
        private static final long STEP_BYTES = 100_000_000;

        private final PrintWriter err;
        private String file = "";
        private long step;

        Lines(PrintWriter err) {
            this.err = err;
        }

        @Override
        public void progress(String name, long done, long total) {
            long reached = total > 0 ? done * STEPS / total : done / STEP_BYTES;
            if (name.equals(file) && reached <= step) {
                return;
            }
            file = name;
            step = reached;
            err.println(name + "  " + Text.bytes(done) + (total > 0 ? " of " + Text.bytes(total) : ""));
            err.flush();
        }

        @Override
        public void pause() {}
    }

    /** A bar that is redrawn in place, one for each file. */
    final class Bar implements DownloadProgress {

        private String file = "";
        private Progress.@Nullable Line line;
        private @Nullable ProgressBar bar;

        @Override
        public void progress(String name, long done, long total) {
            if (bar == null || !name.equals(file)) {
                pause();
                file = name;
                line = new Progress.Line(System.err, Terminal.width() - 1);
                bar = ProgressBar.builder()
                        .setTaskName(name)
                        .setInitialMax(total)
                        .setUnit(" MB", 1_000_000)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(250)
                        .setConsumer(line)
                        .build();
            }
            bar.maxHint(total);
            bar.stepTo(done);
        }

        @Override
        public void pause() {
            if (bar != null && line != null) {
                bar.close();
                line.close();
                bar = null;
            }
        }
    }
}
