package dev.gossamer.fl.reproduce;

import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.run.DataSource;
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
        for (RowResult row : rows) {
            List<List<Double>> seeds = row.cells().stream()
                    .map(cell -> accuracies(cell, data, backend, threads))
                    .toList();
            List<Summary> summaries = new ArrayList<>();
            for (int i = 0; i < reproduction.prune().size(); i++) {
                int share = i;
                summaries.add(Summary.of(
                        seeds.stream().map(seed -> 100 * seed.get(share)).toList()));
            }
            all.add(new PrunedRow(row.row(), summaries));
        }
        return new Outcome(reproduction, rows, all);
    }

    private List<Double> accuracies(CellResult cell, Path data, Backends.Choice backend, int threads) {
        StoredModel model = StoredModel.of(cell.directory());
        try (Dataset dataset = DataSource.load(model.config(), data)) {
            Experiment experiment = Experiment.prepare(model.config(), dataset, backend, threads);
            try (LocalClientRunner evaluator = experiment.clients()) {
                return PrunedAccuracy.of(model.spec(), model.theta(), reproduction.prune(), evaluator);
            }
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
