package dev.gossamer.app.report;

import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page about one run, {@code report.html} in its directory, with a PNG of each plot in {@code plots}. */
public final class RunReport {

    private RunReport() {}

    /**
     * Writes page and pictures, of the rounds that there are.
     *
     * @return the page's file
     * @throws dev.gossamer.fl.run.ConfigException if no round is done
     * @throws java.io.UncheckedIOException if something cannot be written
     */
    public static Path write(Path directory, RunRecord run) {
        Output.requireRounds(directory, run);
        Curves curves = new Curves(run.config().method(), run);
        List<Plot> plots = plots(curves);
        Path file = directory.resolve(RunDirectory.REPORT);
        Output.write(file, page(curves, plots));
        Output.writePictures(directory.resolve(RunDirectory.PLOTS), plots);
        return file;
    }

    private static List<Plot> plots(Curves run) {
        List<Curves> one = List.of(run);
        List<Plot> plots = new ArrayList<>(Plots.accuracies(one));
        plots.add(Plots.losses(run));
        plots.add(Plots.sparsity(one));
        plots.add(Plots.layers(run));
        plots.add(Plots.masks(run));
        plots.add(Plots.bytes(run));
        plots.add(Plots.totals(one));
        plots.add(Plots.seconds(run));
        plots.add(Plots.time(one));
        plots.add(Plots.labels(run));
        return plots;
    }

    private static Page page(Curves curves, List<Plot> plots) {
        ExperimentConfig config = curves.run().config();
        Page page = new Page(config.method() + " on " + config.dataset());
        page.heading(
                config.method() + " on " + config.dataset(),
                config.model() + ", " + config.clients() + " clients (" + config.partition() + "), "
                        + state(curves.run()));
        page.tiles(tiles(curves));
        plots.forEach(page::plot);
        page.beginDetails("Configuration and machine");
        page.table("Configuration (config.yaml)", List.of(), rows(settings(config)), false);
        page.table("Machine (manifest.json)", List.of(), rows(curves.run().machine()), false);
        page.endDetails();
        page.beginDetails("Every round in numbers");
        page.table("Rounds (metrics.csv has all numbers)", ROUND_NAMES, rounds(curves.run()), true);
        page.endDetails();
        return page;
    }

    private static String state(RunRecord run) {
        int done = run.rounds().size();
        int all = run.config().rounds();
        return run.result() == null ? "not at its end: " + done + " of " + all + " rounds" : done + " rounds";
    }

    private static Map<String, String> tiles(Curves curves) {
        RoundMetrics last = curves.run().rounds().getLast();
        int averaged = Math.min(10, curves.run().rounds().size());
        double sent = curves.megabytes()[curves.run().rounds().size() - 1] * Curves.MEGA;
        Map<String, String> tiles = new LinkedHashMap<>();
        tiles.put("accuracy, mean of the last " + averaged, Numbers.fraction(curves.accuracy()));
        tiles.put("accuracy, last round", Numbers.fraction(last.accuracy()));
        tiles.put("sparsity", Numbers.fraction(last.sparsity()));
        tiles.put("parameters left", Numbers.count(last.nonZeroParameters()));
        tiles.put("sent", Numbers.megabytes(sent));
        tiles.put("less than dense", Numbers.times(curves.totalOf(curves::denseBytes) / sent));
        tiles.put("rounds took", Numbers.seconds(curves.totalOf(RoundMetrics::seconds)));
        int refused = curves.run().rounds().stream()
                .mapToInt(round -> round.refused().size())
                .sum();
        if (refused > 0) {
            tiles.put("updates refused", Numbers.count(refused));
        }
        return tiles;
    }

    static Map<String, String> settings(ExperimentConfig config) {
        Map<String, String> settings = new LinkedHashMap<>();
        config.toMap().forEach((key, value) -> settings.put(key, String.valueOf(value)));
        return settings;
    }

    private static List<List<String>> rows(Map<String, String> table) {
        return table.entrySet().stream()
                .map(entry -> List.of(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static final List<String> ROUND_NAMES =
            List.of("round", "accuracy", "loss", "sparsity", "up", "down", "clients", "seconds");

    private static List<List<String>> rounds(RunRecord run) {
        return run.rounds().stream()
                .map(round -> List.of(
                        String.valueOf(round.round()),
                        Numbers.fraction(round.accuracy()),
                        Numbers.fraction(round.loss()),
                        Numbers.fraction(round.sparsity()),
                        Numbers.megabytes((double) round.bytesUp()),
                        Numbers.megabytes((double) round.bytesDown()),
                        round.answered() + " of " + round.asked(),
                        Numbers.seconds(round.seconds())))
                .toList();
    }
}
