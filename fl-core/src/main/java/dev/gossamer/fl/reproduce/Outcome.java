package dev.gossamer.fl.reproduce;

import dev.gossamer.engine.Backends;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.LocalClientRunner;
import dev.gossamer.fl.run.StoredModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a reproduction came to, as far as its cells are done.
 *
 * @param rows in the order of the table
 * @param pruned the same pruned after training, if the reproduction asks for that
 */
public record Outcome(Reproduction reproduction, List<RowResult> rows, List<PrunedRow> pruned) {

    /** Reads what is done. */
    public static Outcome of(Reproduction reproduction, CellStore store) {
        List<RowResult> rows = new ArrayList<>();
        for (Row row : reproduction.rows()) {
            List<CellResult> cells = new ArrayList<>();
            for (ExperimentConfig cell : row.cells()) {
                CellResult result = store.result(cell);
                if (result != null) {
                    cells.add(result);
                }
            }
            rows.add(new RowResult(row, cells));
        }
        return new Outcome(reproduction, rows, List.of());
    }

    /** The same with the models pruned and tested, if the reproduction asks for that. */
    public Outcome pruned(Path data, Backends.Choice backend, int threads) {
        if (reproduction.prune().isEmpty()) {
            return this;
        }
        List<PrunedRow> all = new ArrayList<>();
        try (Datasets datasets = new Datasets(data)) {
            for (RowResult row : rows) {
                List<List<Double>> seeds = row.cells().stream()
                        .map(cell -> accuracies(cell, datasets, backend, threads))
                        .toList();
                all.add(new PrunedRow(row.row(), summaries(seeds)));
            }
        }
        return new Outcome(reproduction, rows, all);
    }

    /** In percent, for each share of weights. */
    private List<Summary> summaries(List<List<Double>> seeds) {
        List<Summary> summaries = new ArrayList<>();
        for (int i = 0; i < reproduction.prune().size(); i++) {
            int share = i;
            summaries.add(
                    Summary.of(seeds.stream().map(seed -> 100 * seed.get(share)).toList()));
        }
        return summaries;
    }

    private List<Double> accuracies(CellResult cell, Datasets datasets, Backends.Choice backend, int threads) {
        StoredModel model = StoredModel.of(cell.directory());
        Experiment experiment = Experiment.prepare(model.config(), datasets.of(model.config()), backend, threads);
        try (LocalClientRunner evaluator = experiment.clients()) {
            return PrunedAccuracy.of(model.spec(), model.theta(), reproduction.prune(), evaluator);
        }
    }

    /** Cells that are done. */
    public int done() {
        return rows.stream().mapToInt(row -> row.cells().size()).sum();
    }

    /** What is to be drawn. */
    public List<Figure> figures() {
        List<Figure> figures = new ArrayList<>();
        for (FigureSpec spec : reproduction.figures()) {
            figures.addAll(Figures.of(spec, rows));
        }
        if (!pruned.isEmpty()) {
            figures.add(Figures.pruned(reproduction, pruned));
        }
        return figures;
    }
}
