package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.RoundMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An outcome as text. */
final class Tables {

    private Tables() {}

    // ---- for people
    // -----------------------------------------------------------------------------------------

    /** The table in Markdown: ours, and beside it what was published. */
    static String markdown(Outcome outcome) {
        Reproduction reproduction = outcome.reproduction();
        List<String> header = new ArrayList<>(reproduction.keys());
        for (Measure measure : reproduction.columns()) {
            header.add(measure.heading());
            if (reproduction.hasPublished(measure)) {
                header.add("published");
            }
        }
        header.add("seeds");
        StringBuilder text = new StringBuilder();
        line(text, header);
        line(text, header.stream().map(column -> "---").toList());
        for (RowResult row : outcome.rows()) {
            line(text, cells(reproduction, row));
        }
        return text.toString();
    }

    private static List<String> cells(Reproduction reproduction, RowResult row) {
        List<String> cells = new ArrayList<>();
        reproduction.keys().forEach(key -> cells.add(row.row().text(key)));
        for (Measure measure : reproduction.columns()) {
            cells.add(text(row.summary(measure), measure.digits()));
            if (reproduction.hasPublished(measure)) {
                cells.add(reproduction.published(row.row(), measure));
            }
        }
        cells.add(Integer.toString(row.cells().size()));
        return cells;
    }

    private static String text(Summary summary, int digits) {
        if (summary.count() == 0 || Double.isNaN(summary.mean())) {
            return "";
        }
        String deviation = number(summary.deviation(), digits);
        return number(summary.mean(), digits) + (deviation.equals(number(0, digits)) ? "" : " ± " + deviation);
    }

    private static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }

    /** Accuracies after pruning, a column for each share of weights. */
    static String prunedMarkdown(Outcome outcome) {
        Reproduction reproduction = outcome.reproduction();
        List<String> header = new ArrayList<>(reproduction.keys());
        reproduction.prune().forEach(kept -> header.add(percent(kept)));
        StringBuilder text = new StringBuilder();
        line(text, header);
        line(text, header.stream().map(column -> "---").toList());
        for (PrunedRow row : outcome.pruned()) {
            List<String> cells = new ArrayList<>();
            reproduction.keys().forEach(key -> cells.add(row.row().text(key)));
            row.accuracies().forEach(summary -> cells.add(text(summary, 1)));
            line(text, cells);
        }
        return text.toString();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.3g %%", 100 * share);
    }

    private static void line(StringBuilder text, List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    // ---- for programs
    // -----------------------------------------------------------------------------------------

    /** A line for each row: settings, mean and deviation of each measure, what was published. */
    static String rows(Outcome outcome) {
        Reproduction reproduction = outcome.reproduction();
        Csv csv = new Csv();
        List<Object> header = new ArrayList<>(reproduction.keys());
        header.add("seeds");
        for (Measure measure : reproduction.columns()) {
            header.addAll(List.of(measure.key(), measure.key() + "Sd", measure.key() + "Published"));
        }
        csv.line(header);
        for (RowResult row : outcome.rows()) {
            List<Object> cells = new ArrayList<>();
            reproduction.keys().forEach(key -> cells.add(row.row().text(key)));
            cells.add(row.cells().size());
            for (Measure measure : reproduction.columns()) {
                Summary summary = row.summary(measure);
                cells.add(summary.mean());
                cells.add(summary.deviation());
                cells.add(reproduction.published(row.row(), measure));
            }
            csv.line(cells);
        }
        return csv.toString();
    }

    /** A line for each cell: what it is, where it ran, and its measures. */
    static String cells(Outcome outcome) {
        Reproduction reproduction = outcome.reproduction();
        Csv csv = new Csv();
        List<Object> header = new ArrayList<>(List.of("cell"));
        header.addAll(reproduction.keys());
        header.addAll(List.of("seed"));
        reproduction.columns().forEach(measure -> header.add(measure.key()));
        header.addAll(List.of("backend", "device", "commit", "started", "jdk", "cpu", "directory"));
        csv.line(header);
        int number = 0;
        for (RowResult row : outcome.rows()) {
            for (CellResult cell : row.cells()) {
                csv.line(cell(reproduction, row.row(), cell, ++number));
            }
        }
        return csv.toString();
    }

    private static List<Object> cell(Reproduction reproduction, Row row, CellResult cell, int number) {
        List<Object> line = new ArrayList<>(List.of(number));
        reproduction.keys().forEach(key -> line.add(row.text(key)));
        line.add(cell.run().config().seed());
        reproduction.columns().forEach(measure -> line.add(measure.of(cell)));
        for (String key : List.of("backend name", "backend device", "commit", "started", "jdk", "cpu")) {
            line.add(cell.run().machine().getOrDefault(key, ""));
        }
        line.add(String.valueOf(cell.directory().getFileName()));
        return line;
    }

    /** A line for each round of each cell; cells are numbered as in the list of cells. */
    static String rounds(Outcome outcome) {
        Csv csv = new Csv();
        csv.line("cell", "round", "accuracy", "loss", "nonZeroParameters", "bytesUp", "bytesDown", "maskAgreement");
        int number = 0;
        for (RowResult row : outcome.rows()) {
            for (CellResult cell : row.cells()) {
                number++;
                for (RoundMetrics round : cell.rounds()) {
                    csv.line(
                            number,
                            round.round(),
                            round.accuracy(),
                            round.loss(),
                            round.nonZeroParameters(),
                            round.bytesUp(),
                            round.bytesDown(),
                            round.maskAgreement());
                }
            }
        }
        return csv.toString();
    }

    /** A line for each row and share of weights. */
    static String pruned(Outcome outcome) {
        Csv csv = new Csv();
        List<Object> header = new ArrayList<>(outcome.reproduction().keys());
        header.addAll(List.of("kept", "accuracy", "accuracySd", "seeds"));
        csv.line(header);
        for (PrunedRow row : outcome.pruned()) {
            for (int i = 0; i < row.accuracies().size(); i++) {
                List<Object> line = new ArrayList<>();
                outcome.reproduction().keys().forEach(key -> line.add(row.row().text(key)));
                Summary summary = row.accuracies().get(i);
                line.addAll(List.of(
                        outcome.reproduction().prune().get(i), summary.mean(), summary.deviation(), summary.count()));
                csv.line(line);
            }
        }
        return csv.toString();
    }
}
