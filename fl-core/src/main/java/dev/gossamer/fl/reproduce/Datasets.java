package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.ExperimentConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The data sets of cells, each loaded when the first cell needs it; may be asked by several threads. */
final class Datasets implements AutoCloseable {

    private final Path folder;
    private final Map<List<String>, Dataset> loaded = new HashMap<>();

    Datasets(Path folder) {
        this.folder = folder;
    }

    /** That of a cell; open until this closes. */
    synchronized Dataset of(ExperimentConfig cell) {
        return loaded.computeIfAbsent(List.of(cell.dataset(), cell.normalise()), key -> DataSource.load(cell, folder));
    }

    @Override
    public synchronized void close() {
        loaded.values().forEach(Dataset::close);
    }
}
