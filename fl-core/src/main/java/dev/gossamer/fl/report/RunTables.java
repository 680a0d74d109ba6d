package dev.gossamer.fl.report;

import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunRecord;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code metrics.csv} and TensorBoard's events in a run directory beside {@code metrics.jsonl}, round by round. What
 * was there of them is written anew, from the first round. A run does not fail because of them.
 */
public final class RunTables implements RunListener, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(RunTables.class.getName());

    private static final double MILLIS = 1e3;

    private final Path directory;
    private @Nullable Open open;
    private boolean failed;

    /** Writes nothing before a round is done. */
    public RunTables(Path directory) {
        this.directory = directory;
    }

    /**
     * Writes both for a run as it is now.
     *
     * @throws UncheckedIOException if they cannot be written
     */
    public static void write(Path directory, RunRecord run) {
        try (Open open = new Open(directory, run)) {
            run.rounds().forEach(open::add);
        }
    }

    @Override
    public void roundDone(RoundMetrics metrics) {
        if (failed) {
            return;
        }
        try {
            if (open == null) {
                RunRecord run = RunRecord.of(directory);
                open = new Open(directory, run);
                List<RoundMetrics> before = run.rounds().stream()
                        .filter(round -> round.round() < metrics.round())
                        .toList();
                before.forEach(open::add);
            }
            open.add(metrics);
        } catch (RuntimeException e) {
            failed = true;
            LOG.log(
                    Level.WARNING,
                    () -> RunDirectory.TABLE + " and TensorBoard's events are not kept: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
        }
    }

    /** Both files, and the time that rounds took so far. */
    private static final class Open implements AutoCloseable {

        private final CsvTable table;
        private final EventFile events;
        private double time;

        Open(Path directory, RunRecord run) {
            time = run.started().toEpochMilli() / MILLIS;
            table = new CsvTable(directory.resolve(RunDirectory.TABLE));
            try {
                events = new EventFile(directory.resolve(RunDirectory.EVENTS), time);
            } catch (RuntimeException e) {
                table.close();
                throw e;
            }
        }

        void add(RoundMetrics metrics) {
            time += metrics.seconds();
            table.add(metrics);
            events.add(metrics, time);
        }

        @Override
        public void close() {
            try (table) {
                events.close();
            }
        }
    }
}
