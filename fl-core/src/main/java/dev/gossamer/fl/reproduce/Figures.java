package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.reproduce.Figure.Series;
import dev.gossamer.fl.run.ConfigException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Makes lines of rows. */
final class Figures {

    private Figures() {}

    static List<Figure> of(FigureSpec spec, List<RowResult> results) {
        Map<String, Object> where = spec.where() == null ? Map.of() : spec.where();
        List<RowResult> shown = results.stream()
                .filter(result -> !result.cells().isEmpty() && result.row().matches(where))
                .toList();
        List<Figure> figures = new ArrayList<>();
        panels(spec, shown).forEach((panel, rows) -> {
            boolean curves = RoundCurve.isProgress(spec.x());
            List<Series> series = curves ? curves(spec, rows) : points(spec, rows);
            if (!series.isEmpty()) {
                figures.add(new Figure(
                        spec.file() + (panel.isEmpty() ? "" : "-" + panel.replaceAll("[^a-zA-Z0-9.]+", "-")),
                        spec.title() + (panel.isEmpty() ? "" : ", " + panel),
                        curves ? RoundCurve.named(spec.x()).heading() : spec.x(),
                        curves
                                ? RoundCurve.named(spec.y()).heading()
                                : Measure.named(spec.y(), "figure " + spec.file())
                                        .heading(),
                        spec.logX(),
                        spec.logY(),
                        series));
            }
        });
        return figures;
    }

    private static Map<String, List<RowResult>> panels(FigureSpec spec, List<RowResult> rows) {
        String key = spec.panels();
        return grouped(rows, row -> key == null ? "" : row.text(key));
    }

    private static Map<String, List<RowResult>> grouped(List<RowResult> rows, Function<Row, String> key) {
        Map<String, List<RowResult>> groups = new LinkedHashMap<>();
        rows.forEach(result -> groups.computeIfAbsent(key.apply(result.row()), name -> new ArrayList<>())
                .add(result));
        return groups;
    }

    private static String name(FigureSpec spec, Row row) {
        return String.join(
                ", ",
                spec.series().stream()
                        .map(row::text)
                        .filter(text -> !text.isEmpty())
                        .toList());
    }

    // ---- a point for each row
    // -----------------------------------------------------------------------------------------

    private static List<Series> points(FigureSpec spec, List<RowResult> rows) {
        Measure measure = Measure.named(spec.y(), "figure " + spec.file());
        double[] all = rows.stream()
                .map(result -> x(spec, result.row()))
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .sorted()
                .distinct()
                .toArray();
        List<Series> series = new ArrayList<>();
        grouped(rows, row -> name(spec, row)).forEach((name, its) -> {
            List<RowResult> placed = its.stream()
                    .filter(result -> x(spec, result.row()) != null)
                    .sorted((a, b) -> Double.compare(
                            Objects.requireNonNull(x(spec, a.row())), Objects.requireNonNull(x(spec, b.row()))))
                    .toList();
            if (!placed.isEmpty()) {
                series.add(line(
                        name,
                        placed.stream()
                                .mapToDouble(result -> Objects.requireNonNull(x(spec, result.row())))
                                .toArray(),
                        placed.stream().map(result -> result.summary(measure)).toList()));
            } else if (all.length > 0) {
                // A method without the setting, as one that does not prune: the same everywhere.
                Summary summary = its.getFirst().summary(measure);
                series.add(line(
                        name, all, Arrays.stream(all).mapToObj(x -> summary).toList()));
            }
        });
        return series;
    }

    private static @Nullable Double x(FigureSpec spec, Row row) {
        String text = row.text(spec.x());
        if (text.isEmpty()) {
            return null;
        }
        try {
            return Double.valueOf(text);
        } catch (NumberFormatException e) {
            throw new ConfigException(
                    "Figure " + spec.file() + ": " + spec.x() + " is " + text + ", which is no number");
        }
    }

    private static Series line(String name, double[] x, List<Summary> y) {
        return new Series(
                name,
                x,
                y.stream().mapToDouble(Summary::mean).toArray(),
                y.stream().mapToDouble(Summary::deviation).toArray());
    }

    /** Accuracy over the share of weights that is left, a line for each row. */
    static Figure pruned(Reproduction reproduction, List<PrunedRow> rows) {
        double[] kept =
                reproduction.prune().stream().mapToDouble(share -> 100 * share).toArray();
        return new Figure(
                "pruned",
                reproduction.title(),
                "weights kept %",
                "test accuracy %",
                true,
                false,
                rows.stream()
                        .filter(row -> row.accuracies().getFirst().count() > 0)
                        .map(row -> line(
                                String.join(
                                        ", ",
                                        reproduction.keys().stream()
                                                .map(key ->
                                                        key + " " + row.row().text(key))
                                                .toList()),
                                kept,
                                row.accuracies()))
                        .toList());
    }

    // ---- a curve for each row
    // -----------------------------------------------------------------------------------------

    private static List<Series> curves(FigureSpec spec, List<RowResult> rows) {
        RoundCurve x = RoundCurve.named(spec.x());
        RoundCurve y = RoundCurve.named(spec.y());
        return rows.stream()
                .map(result -> new Series(
                        name(spec, result.row()),
                        overSeeds(result, x, Summary::mean),
                        overSeeds(result, y, Summary::mean),
                        overSeeds(result, y, Summary::deviation)))
                .toList();
    }

    private static double[] overSeeds(RowResult result, RoundCurve curve, ToDoubleFunction<Summary> part) {
        List<double[]> seeds = result.cells().stream().map(curve::of).toList();
        double[] values = new double[seeds.getFirst().length];
        for (int i = 0; i < values.length; i++) {
            int round = i;
            values[i] = part.applyAsDouble(
                    Summary.of(seeds.stream().map(seed -> seed[round]).toList()));
        }
        return values;
    }
}
