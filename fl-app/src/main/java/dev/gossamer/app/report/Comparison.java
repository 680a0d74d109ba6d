package dev.gossamer.app.report;

import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A page about several runs, side by side. */
public final class Comparison {

    private static final String TITLE = "Comparison of ";

    /** Lines of a page that its title is among. */
    private static final int HEAD_LINES = 20;

    private Comparison() {}

    /**
     * Writes the page, and pictures into a folder of its name beside it.
     *
     * @param directories of the runs; they are called by their names, or by their paths where names are equal
     * @throws dev.gossamer.fl.run.ConfigException if one is no run, or has no round
     * @throws java.io.UncheckedIOException if something cannot be written
     */
    public static void write(List<Path> directories, Path file) {
        List<Curves> runs = new ArrayList<>();
        for (Path directory : directories) {
            RunRecord run = RunRecord.of(directory);
            Output.requireRounds(directory, run);
            runs.add(new Curves(name(directory, directories), run));
        }
        List<Plot> plots = plots(runs);
        Output.write(file, page(runs, plots));
        Output.writePictures(pictures(file), plots);
    }

    /** Whether a file is such a page, of any runs. */
    public static boolean isPage(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.limit(HEAD_LINES).anyMatch(line -> line.contains("<title>" + TITLE));
        } catch (IOException | UncheckedIOException e) {
            return false; // no text, or not to be read
        }
    }

    /** The folder of a page's pictures. */
    public static Path pictures(Path file) {
        String name = String.valueOf(file.getFileName()).replaceFirst("\\.html?$", "");
        return file.resolveSibling(name + "-" + RunDirectory.PLOTS);
    }

    private static String name(Path directory, List<Path> all) {
        Path name = directory.toAbsolutePath().normalize().getFileName();
        Set<Path> seen = new HashSet<>();
        boolean unique = all.stream()
                .map(other -> other.toAbsolutePath().normalize().getFileName())
                .allMatch(seen::add);
        return unique && name != null ? name.toString() : directory.toString();
    }

    private static List<Plot> plots(List<Curves> runs) {
        List<Plot> plots = new ArrayList<>(Plots.accuracies(runs));
        plots.add(Plots.sparsity(runs));
        plots.add(Plots.traffic(runs));
        plots.add(Plots.totals(runs));
        plots.add(Plots.time(runs));
        return plots;
    }

    private static Page page(List<Curves> runs, List<Plot> plots) {
        String title = TITLE + runs.size() + " runs";
        Page page = new Page(title);
        page.heading(title, String.join(", ", runs.stream().map(Curves::name).toList()));
        page.table("Results", names("run", runs), results(runs), true);
        page.table("Settings that differ", names("setting", runs), differences(runs), false);
        plots.forEach(page::plot);
        page.beginDetails("Machines");
        page.table("Machines (manifest.json)", names("", runs), machines(runs), false);
        page.endDetails();
        return page;
    }

    private static List<String> names(String first, List<Curves> runs) {
        return Stream.concat(Stream.of(first), runs.stream().map(Curves::name)).toList();
    }

    private static List<List<String>> results(List<Curves> runs) {
        List<Map<String, String>> columns =
                runs.stream().map(Comparison::result).toList();
        return rows(columns, columns.getFirst().keySet());
    }

    private static Map<String, String> result(Curves run) {
        RoundMetrics last = run.run().rounds().getLast();
        double sent = run.totalOf(RoundMetrics::bytesUp) + run.totalOf(RoundMetrics::bytesDown);
        Map<String, String> result = new LinkedHashMap<>();
        result.put("method", run.run().config().method());
        result.put(
                "rounds",
                run.run().rounds().size() + " of " + run.run().config().rounds());
        result.put("accuracy, mean of the last ten", Numbers.fraction(run.accuracy()));
        result.put("accuracy, last round", Numbers.fraction(last.accuracy()));
        result.put("sparsity", Numbers.fraction(last.sparsity()));
        result.put("parameters left", Numbers.count(last.nonZeroParameters()));
        result.put("sent", Numbers.megabytes(sent));
        result.put("less than dense", Numbers.times(run.totalOf(run::denseBytes) / sent));
        result.put("rounds took", Numbers.seconds(run.totalOf(RoundMetrics::seconds)));
        return result;
    }

    private static List<List<String>> differences(List<Curves> runs) {
        List<Map<String, String>> settings =
                runs.stream().map(run -> RunReport.settings(run.run().config())).toList();
        Set<String> keys = new LinkedHashSet<>();
        settings.forEach(map -> keys.addAll(map.keySet()));
        keys.removeIf(key -> settings.stream()
                        .map(map -> String.valueOf(map.get(key)))
                        .distinct()
                        .count()
                == 1);
        return rows(settings, keys);
    }

    private static List<List<String>> machines(List<Curves> runs) {
        List<Map<String, String>> machines =
                runs.stream().map(run -> run.run().machine()).toList();
        Set<String> keys = new LinkedHashSet<>();
        machines.forEach(map -> keys.addAll(map.keySet()));
        return rows(machines, keys);
    }

    private static List<List<String>> rows(List<Map<String, String>> columns, Set<String> keys) {
        return keys.stream()
                .map(key -> Stream.concat(
                                Stream.of(key), columns.stream().map(column -> column.getOrDefault(key, "\u2013")))
                        .toList())
                .toList();
    }
}
