package dev.gossamer.app;

import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunListener;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Tells people how a run gets on. */
interface Progress extends RunListener, AutoCloseable {

    /** Ends the display, if it has begun; the cursor is at the start of a line then. May be called more than once. */
    @Override
    void close();

    /**
     * The display that suits.
     *
     * @param quiet for none
     * @param terminal whether standard error can redraw a line: for a bar, else a line for each round
     */
    static Progress of(boolean quiet, boolean terminal, int rounds, PrintWriter err) {
        if (quiet) {
            return new Silent();
        }
        return terminal ? new Bar(rounds) : new Lines(err);
    }

    /** What is about to run, in a line. */
    static String summary(Experiment experiment) {
        ExperimentConfig config = experiment.config();
        String pruning = config.options().has("sparsity")
                ? ", to sparsity " + config.options().real("sparsity")
                : "";
        return Text.of(
                "%s of %s (%,d parameters)%s: %s, %d clients (%s), %d a round, %d rounds of %d epochs, seed %d",
                config.method(),
                config.model(),
                experiment.spec().parameterCount(),
                pruning,
                config.dataset(),
                config.clients(),
                config.partition(),
                config.clientsPerRound(),
                config.rounds(),
                config.epochs(),
                config.seed());
    }

    /** Whose answer a round went on without, and why; a line for each. */
    static List<String> refusals(RoundMetrics metrics) {
        return metrics.refused().stream()
                .map(refusal -> Text.of(
                        "round %3d    client %d refused: %s", metrics.round(), refusal.client(), refusal.reason()))
                .toList();
    }

    /** Nothing. */
    record Silent() implements Progress {

        @Override
        public void close() {}
    }

    /** A line for each round, for logs. */
    record Lines(PrintWriter err) implements Progress {

        @Override
        public void started(Experiment experiment) {
            err.println(summary(experiment));
            err.flush();
        }

        @Override
        public void roundDone(RoundMetrics metrics) {
            err.println(Text.of(
                    "round %3d/%d  accuracy %.4f  loss %.4f  sparsity %.4f  nonzero %,d  sent %s up, %s down  %.1f s",
                    metrics.round(),
                    metrics.rounds(),
                    metrics.accuracy(),
                    metrics.loss(),
                    metrics.sparsity(),
                    metrics.nonZeroParameters(),
                    Text.bytes(metrics.bytesUp()),
                    Text.bytes(metrics.bytesDown()),
                    metrics.seconds()));
            refusals(metrics).forEach(err::println);
            err.flush();
        }

        @Override
        public void close() {}
    }

    /**
     * A bar that is redrawn in place: rounds, elapsed time and what is left of it, the model, and what was sent so far. Refused
     * clients are lines above it, that stay.
     */
    final class Bar implements Progress {

        /** What a round weighs in the pace, beside those before it: rounds get faster as models get sparser. */
        private static final double LATEST = 0.3;

        private final Line line = new Line(System.err, Terminal.width() - 1);
        private final ProgressBar bar;
        private double pace;
        private long sent;
        private volatile @Nullable Duration left;

        Bar(int rounds) {
            bar = ProgressBar.builder()
                    .setTaskName("")
                    .setInitialMax(rounds)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(250)
                    .setEtaFunction(state -> Optional.ofNullable(left))
                    .setConsumer(line)
                    .build();
        }

        @Override
        public void roundDone(RoundMetrics metrics) {
            pace = pace == 0 ? metrics.seconds() : pace + LATEST * (metrics.seconds() - pace);
            left = Duration.ofMillis(Math.round(1e3 * pace * (metrics.rounds() - metrics.round())));
            sent += metrics.bytesUp() + metrics.bytesDown();
            bar.setExtraMessage(Text.of(
                    "accuracy %.4f sparsity %.4f %s", metrics.accuracy(), metrics.sparsity(), Text.bytes(sent)));
            bar.stepTo(metrics.round());
            refusals(metrics).forEach(line::above);
        }

        @Override
        public void close() {
            bar.close();
            line.close();
        }
    }

    /** A line that is drawn anew until it is closed; the bar's timer may come once more after that. */
    final class Line extends ConsoleProgressBarConsumer {

        private static volatile @Nullable Line onScreen;

        private final PrintStream err;
        private final int width;
        private String drawn = "";
        private boolean closed;

        Line(PrintStream err, int width) {
            super(err, width);
            this.err = err;
            this.width = width;
        }

        /** The line that is drawn now, below which nobody else may write; null if there is none. */
        static @Nullable Line onScreen() {
            return onScreen;
        }

        /** Prints a line where the bar was, over all of it, and draws the bar below. */
        synchronized void above(String text) {
            err.println('\r' + text + " ".repeat(Math.max(0, width - text.length())));
            accept(drawn);
        }

        @Override
        public synchronized void accept(String text) {
            if (!closed) {
                onScreen = this;
                drawn = text;
                super.accept(text);
                err.flush();
            }
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                onScreen = null;
                super.close();
            }
        }
    }
}
