package dev.gossamer.fl.reproduce;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunInUseException;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunResult;
import dev.gossamer.fl.run.RunStoppedException;
import dev.gossamer.fl.run.StopSignal;
import dev.gossamer.fl.run.StoredRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Runs the cells that are not done, some side by side, each with its share of the threads. Results depend on neither. Several
 * processes may work on one store: a cell that one of them has open is left to it.
 */
public final class CellRunner implements AutoCloseable {

    private final CellStore store;
    private final Backends.Choice backend;
    private final int threads;
    private final int jobs;
    private final int checkpointEvery;
    private final StopSignal stop;
    private final CellListener listener;
    private final Datasets datasets;

    /**
     * A runner.
     *
     * @param data folder of data sets
     * @param backend stays open as long as the runner is used
     * @param threads of all cells together
     * @param jobs cells side by side, at least 1
     */
    public CellRunner(
            CellStore store,
            Path data,
            Backends.Choice backend,
            int threads,
            int jobs,
            int checkpointEvery,
            StopSignal stop,
            CellListener listener) {
        this.store = store;
        this.datasets = new Datasets(data);
        this.backend = backend;
        this.threads = Math.max(1, threads / jobs);
        this.jobs = jobs;
        this.checkpointEvery = checkpointEvery;
        this.stop = stop;
        this.listener = listener;
    }

    /**
     * Runs what is not done, all cells of a seed before those of the next: what there is after an interruption can be compared.
     *
     * @return cells that are not done at the end, because they failed or because another process runs them
     * @throws DataException if none of what is to be run has its data set; nothing was begun
     * @throws RunStoppedException if the signal was given; what was begun can go on
     */
    public int run(Reproduction reproduction) {
        List<ExperimentConfig> cells = bySeed(reproduction);
        Queue<ExperimentConfig> queue = new ConcurrentLinkedQueue<>();
        for (ExperimentConfig cell : cells) {
            if (store.state(cell) != CellStore.State.COMPLETE) {
                queue.add(cell);
            }
        }
        requireData(queue);
        int done = cells.size() - queue.size();
        tell(hearer -> hearer.planned(cells.size(), done));
        List<Future<?>> workers = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(jobs)) {
            for (int i = 0; i < jobs; i++) {
                workers.add(pool.submit(() -> work(queue)));
            }
        }
        workers.forEach(CellRunner::await);
        return (int) cells.stream()
                .filter(cell -> store.state(cell) != CellStore.State.COMPLETE)
                .count();
    }

    /** Cells whose data set is missing fail one by one; where all do, that is said once. */
    private void requireData(Collection<ExperimentConfig> cells) {
        DataException missing = null;
        for (ExperimentConfig cell : cells) {
            try {
                datasets.of(cell);
                return;
            } catch (DataException e) {
                missing = e;
            }
        }
        if (missing != null) {
            throw missing;
        }
    }

    private static List<ExperimentConfig> bySeed(Reproduction reproduction) {
        List<ExperimentConfig> cells = new ArrayList<>();
        int seeds = reproduction.rows().getFirst().cells().size();
        for (int seed = 0; seed < seeds; seed++) {
            for (Row row : reproduction.rows()) {
                cells.add(row.cells().get(seed));
            }
        }
        return cells;
    }

    private static void await(Future<?> worker) {
        try {
            worker.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void work(Queue<ExperimentConfig> queue) {
        for (ExperimentConfig next = queue.poll(); next != null; next = queue.poll()) {
            ExperimentConfig cell = next;
            try {
                tell(hearer -> hearer.started(cell));
                RunResult result = run(cell);
                tell(hearer -> hearer.finished(cell, result));
            } catch (RunStoppedException e) {
                throw e;
            } catch (RunInUseException e) {
                tell(hearer -> hearer.elsewhere(cell));
            } catch (RuntimeException e) {
                tell(hearer -> hearer.failed(cell, e));
            }
        }
    }

    private RunResult run(ExperimentConfig cell) {
        Path path = store.directory(cell);
        try (RunDirectory directory = RunDirectory.createOrResume(path)) {
            // Asked under the lock: before it, another process may begin the cell, or end it.
            CellStore.State state = store.state(cell);
            if (state == CellStore.State.COMPLETE) {
                return directory.result();
            }
            directory.checkpointEvery(checkpointEvery);
            TuningTable its =
                    state == CellStore.State.BEGUN ? StoredRun.of(path).tuning() : tuning(backend);
            return its.entries().equals(tuning(backend).entries())
                    ? run(cell, directory, backend)
                    : runWith(its, cell, directory);
        }
    }

    /** One thread at a time. */
    private synchronized void tell(Consumer<CellListener> what) {
        what.accept(listener);
    }

    private static TuningTable tuning(Backends.Choice choice) {
        return choice.backend().tuning();
    }

    /** What goes on does so with the table that it began with: another one would give other bits. */
    @SuppressWarnings("try") // the backend is there to be closed
    private RunResult runWith(TuningTable tuning, ExperimentConfig cell, RunDirectory directory) {
        Backends.Choice choice = Backends.open(backend.backend().name(), new BackendOptions(threads, tuning));
        try (Backend opened = choice.backend()) {
            return run(cell, directory, choice);
        }
    }

    private RunResult run(ExperimentConfig cell, RunDirectory directory, Backends.Choice choice) {
        return Experiment.prepare(cell, datasets.of(cell), choice, threads).run(directory, warnings(cell), stop);
    }

    private RunListener warnings(ExperimentConfig cell) {
        return new RunListener() {
            @Override
            public void warned(String what) {
                tell(hearer -> hearer.warned(cell, what));
            }
        };
    }

    @Override
    public void close() {
        datasets.close();
    }
}
