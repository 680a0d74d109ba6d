package dev.gossamer.bench.results;

import dev.gossamer.bench.results.Plot.Axis;
import dev.gossamer.bench.results.Plot.Point;
import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A page with everything that files of results hold: rates over density, a roofline, and tables. It needs nothing but
 * itself: no script, no font, no network.
 */
public final class Report {

    private static final String STYLE = """
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em; color: #222; }
            table { border-collapse: collapse; margin: 1em 0; } td, th { padding: .15em .8em .15em 0; text-align: left; }
            td.n { text-align: right; font-variant-numeric: tabular-nums; }
            svg { font: 12px system-ui, sans-serif; display: block; margin: 1.5em 0; max-width: 100%; }
            svg .title { font-weight: 600; font-size: 14px; } svg .grid { stroke: #e4e4e4; } svg .roof { fill: #555; }
            """;

    private final List<ResultFile> files;
    private final StringBuilder html = new StringBuilder();

    private Report(List<ResultFile> files) {
        this.files = files;
    }

    /**
     * Writes the page of a folder.
     *
     * @throws ResultException if the folder has no results, or a file in it is none
     */
    public static void write(Path folder, Path page) {
        String html = new Report(read(folder)).html();
        try {
            Files.writeString(page, html);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + page, e);
        }
    }

    private static List<ResultFile> read(Path folder) {
        List<Path> paths;
        try (Stream<Path> all = Files.list(folder)) {
            paths = all.filter(ResultFile::isNamed).sorted().toList();
        } catch (IOException e) {
            throw new ResultException("Cannot read the folder " + folder + ": " + FileReason.of(e), e);
        }
        List<ResultFile> files = paths.stream()
                .map(ResultFile::read)
                .filter(file -> !file.results().isEmpty())
                .toList();
        if (files.isEmpty()) {
            throw new ResultException(
                    "No results in " + folder + "; `bench quick`, `ops` and `steps` write them with --json FILE");
        }
        return files;
    }

    private String html() {
        html.append(
                "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n<title>Gossamer benchmarks</title>\n");
        html.append("<style>\n").append(STYLE).append("</style>\n</head>\n<body>\n<h1>Gossamer benchmarks</h1>\n");
        machines();
        html.append("<h2>Rate over density</h2>\n");
        densities();
        html.append("<h2>Roofline</h2>\n");
        roofline();
        files.forEach(this::table);
        return html.append("</body>\n</html>\n").toString();
    }

    private void machines() {
        for (ResultFile file : files) {
            html.append("<h3>").append(Plot.escape(name(file))).append("</h3>\n<table>\n");
            file.machine()
                    .forEach((fact, value) -> html.append("<tr><th>")
                            .append(Plot.escape(fact))
                            .append("</th><td>")
                            .append(Plot.escape(value))
                            .append("</td></tr>\n"));
            html.append("</table>\n");
        }
    }

    private static String name(ResultFile file) {
        return String.valueOf(file.path().getFileName());
    }

    private void densities() {
        Map<String, Map<String, SortedMap<Double, Double>>> plots = new TreeMap<>();
        for (ResultFile file : files) {
            for (Result result : file.results()) {
                Double density = density(result);
                if (density != null && result.gflops() != null) {
                    plots.computeIfAbsent(cell(result), cell -> new TreeMap<>())
                            .computeIfAbsent(contender(result), who -> new TreeMap<>())
                            .put(density, result.gflops());
                }
            }
        }
        plots.values().removeIf(plot -> plot.values().stream().allMatch(rates -> rates.size() < 2));
        if (plots.isEmpty()) {
            html.append(
                    "<p>No product was measured at two densities: <code>bench ops Spmm -p density=0.01,0.05,0.1,0.3 --json"
                            + " FILE</code> does that.</p>\n");
        }
        plots.forEach(this::density);
    }

    private static @Nullable Double density(Result result) {
        String text = result.params().get("density");
        try {
            return text == null ? null : Double.valueOf(text);
        } catch (NumberFormatException e) {
            return null; // a pattern from a file has its own
        }
    }

    private static String contender(Result result) {
        String method = result.benchmark().substring(result.benchmark().indexOf('.') + 1);
        return method + " " + result.params().getOrDefault("format", "");
    }

    /** What a plot has in common: all but density and contender. */
    private static String cell(Result result) {
        Map<String, String> rest = new TreeMap<>(result.params());
        rest.remove("density");
        rest.remove("format");
        StringBuilder cell =
                new StringBuilder(result.benchmark().split("\\.", -1)[0].replace("Benchmark", ""));
        rest.forEach((name, value) -> cell.append(", ").append(name).append(' ').append(value));
        return cell.toString();
    }

    private void density(String cell, Map<String, SortedMap<Double, Double>> contenders) {
        List<Double> densities = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        contenders.values().forEach(series -> {
            densities.addAll(series.keySet());
            rates.addAll(series.values());
        });
        Plot plot = new Plot(
                cell,
                Axis.around("density", true, densities),
                Axis.around("GF/s of entries in the pattern", false, rates));
        contenders.forEach((who, series) -> plot.series(
                who.strip(),
                series.entrySet().stream()
                        .map(point -> new Point(
                                point.getKey(),
                                point.getValue(),
                                String.format(
                                        Locale.ROOT,
                                        "%s, density %s: %.1f GF/s",
                                        who.strip(),
                                        point.getKey(),
                                        point.getValue())))
                        .toList(),
                true));
        OptionalDouble crossover = Crossover.of(
                contenders.getOrDefault("engine csr", new TreeMap<>()),
                contenders.getOrDefault("engine dense", new TreeMap<>()));
        crossover.ifPresent(at -> plot.mark(at, String.format(Locale.ROOT, "dense takes over at %.3f", at)));
        html.append(plot.svg());
    }

    /** The lines of the machine: GF/s in registers, and GB/s by level. */
    private record Roofs(OptionalDouble flops, SortedMap<String, Double> bytes) {}

    private Roofs roofs() {
        OptionalDouble flops = OptionalDouble.empty();
        SortedMap<String, Double> bytes = new TreeMap<>();
        for (ResultFile file : files) {
            for (Result result : file.results()) {
                if (result.params().containsKey(ResultFile.THREADS)) {
                    continue; // the operations below the roofs run on one
                }
                String name = result.name();
                if (result.gflops() != null
                        && (name.startsWith("limit: multiply-add, 1 ")
                                || result.benchmark().equals("RooflineBenchmark.fma"))) {
                    flops = OptionalDouble.of(result.gflops());
                } else if (result.gbytes() != null && name.startsWith("limit: read ") && name.endsWith(", 1 thread")) {
                    bytes.put(name.substring("limit: read ".length(), name.indexOf(',')), result.gbytes());
                } else if (result.gbytes() != null && result.benchmark().equals("RooflineBenchmark.read")) {
                    bytes.put(result.params().getOrDefault("memory", "?"), result.gbytes());
                }
            }
        }
        return new Roofs(flops, bytes);
    }

    private void roofline() {
        Map<String, List<Point>> ops = new TreeMap<>();
        for (ResultFile file : files) {
            for (Result result : file.results()) {
                Double intensity = result.flopsPerByte();
                if (intensity != null && result.gflops() != null && !isLimit(result)) {
                    ops.computeIfAbsent(op(result), op -> new ArrayList<>())
                            .add(new Point(
                                    intensity,
                                    result.gflops(),
                                    String.format(
                                            Locale.ROOT,
                                            "%s: %.1f GF/s at %.2f FLOP/B",
                                            result.name(),
                                            result.gflops(),
                                            intensity)));
                }
            }
        }
        if (ops.isEmpty()) {
            html.append("<p>No result has both GF/s and GB/s.</p>\n");
            return;
        }
        Roofs roofs = roofs();
        List<Double> intensities =
                ops.values().stream().flatMap(List::stream).map(Point::x).toList();
        List<Double> rates = new ArrayList<>(
                ops.values().stream().flatMap(List::stream).map(Point::y).toList());
        roofs.flops.ifPresent(rates::add);
        Plot plot = new Plot(
                "All operations",
                Axis.around("FLOP per byte of operands and results, each counted once", true, intensities),
                Axis.around("GF/s", true, rates));
        roofs.flops.ifPresent(
                flops -> plot.roof(String.format(Locale.ROOT, "multiply-add %.0f GF/s", flops), at -> flops));
        double peak = roofs.flops.orElse(Double.MAX_VALUE);
        roofs.bytes.forEach((level, rate) ->
                plot.roof(String.format(Locale.ROOT, "%s %.0f GB/s", level, rate), at -> Math.min(peak, at * rate)));
        ops.forEach((op, points) -> plot.series(op, points, false));
        html.append(plot.svg());
        if (roofs.bytes.isEmpty()) {
            html.append("<p>No limits: put what <code>bench quick --json FILE</code> writes into the folder.</p>\n");
        }
    }

    private static boolean isLimit(Result result) {
        return result.name().startsWith("limit: ") || result.benchmark().startsWith("RooflineBenchmark");
    }

    /** Class and method of JMH, or a row's first word. */
    private static String op(Result result) {
        return result.params().isEmpty()
                ? result.name().split(" ", -1)[0]
                : result.benchmark().replace("Benchmark", "");
    }

    private void table(ResultFile file) {
        html.append("<h2>").append(Plot.escape(name(file))).append("</h2>\n<table>\n");
        html.append("<tr><th></th><th>score</th><th>± (JMH 99.9 %, tables 95 %)</th><th></th><th>GF/s</th></tr>\n");
        for (Result result : file.results()) {
            double half = result.interval().half();
            html.append("<tr><td>")
                    .append(Plot.escape(result.name()))
                    .append(String.format(Locale.ROOT, "</td><td class='n'>%.4g</td><td class='n'>", result.value()))
                    .append(Double.isFinite(half) ? String.format(Locale.ROOT, "%.2g", half) : "")
                    .append("</td><td>")
                    .append(Plot.escape(result.unit()))
                    .append("</td><td class='n'>")
                    .append(result.gflops() == null ? "" : String.format(Locale.ROOT, "%.1f", result.gflops()))
                    .append("</td></tr>\n");
        }
        html.append("</table>\n");
    }
}
