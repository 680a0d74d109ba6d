package dev.gossamer.app;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.TuningTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Finds the tuning table that suits a machine: entry after entry, each value that the backend thinks worth trying, the others
 * as found so far. The values of an entry take turns on the same products, so that a slow moment of the machine meets all of
 * them, and each counts by its fastest round.
 */
final class Tuner {

    /** What a value must save to replace the one in force: less is noise. */
    private static final double LEAST_GAIN = 0.03;

    private final String backend;
    private final BackendOptions options;
    private final int rounds;
    private final Consumer<Trial> progress;

    /**
     * @param rounds turns that each value gets
     * @param progress is told of each value when it has been measured
     */
    Tuner(String backend, BackendOptions options, int rounds, Consumer<Trial> progress) {
        this.backend = backend;
        this.options = options;
        this.rounds = rounds;
        this.progress = progress;
    }

    /**
     * One value of one entry.
     *
     * @param relative its time over that of the value in force, as the geometric mean over the products
     * @param chosen whether it goes on in the table
     */
    record Trial(String entry, double value, double relative, boolean chosen) {}

    /** The table, complete. */
    TuningTable run() {
        TuningTable table;
        Map<String, List<Double>> tunable;
        try (Backend opened = open(options.tuning())) {
            table = opened.tuning();
            tunable = new TreeMap<>(opened.tunable());
        }
        for (Map.Entry<String, List<Double>> entry : tunable.entrySet()) {
            table = best(table, entry.getKey(), entry.getValue());
        }
        return table;
    }

    private TuningTable best(TuningTable table, String entry, List<Double> values) {
        double inForce = table.get(entry);
        List<Double> candidates = new ArrayList<>(values);
        if (!candidates.contains(inForce)) {
            candidates.add(inForce);
        }
        double[] seconds = measure(table, entry, candidates);
        double before = seconds[candidates.indexOf(inForce)];
        int best = candidates.indexOf(inForce);
        for (int i = 0; i < seconds.length; i++) {
            if (seconds[i] < before * (1 - LEAST_GAIN) && seconds[i] < seconds[best]) {
                best = i;
            }
        }
        for (int i = 0; i < seconds.length; i++) {
            progress.accept(new Trial(entry, candidates.get(i), seconds[i] / before, i == best));
        }
        return with(table, entry, candidates.get(best));
    }

    /** For each value the geometric mean over the products of the fastest round's seconds. */
    private double[] measure(TuningTable table, String entry, List<Double> candidates) {
        List<Backend> backends = new ArrayList<>();
        List<TuningWorkload> workloads = new ArrayList<>();
        try {
            for (double value : candidates) {
                Backend opened = open(with(table, entry, value));
                backends.add(opened);
                workloads.add(new TuningWorkload(opened, options.threads()));
            }
            for (int round = 0; round < rounds; round++) {
                workloads.forEach(TuningWorkload::runOnce);
            }
            return workloads.stream().mapToDouble(TuningWorkload::meanSeconds).toArray();
        } finally {
            workloads.forEach(TuningWorkload::close);
            backends.forEach(Backend::close);
        }
    }

    private Backend open(TuningTable table) {
        return Backends.open(backend, options.withTuning(table)).backend();
    }

    private static TuningTable with(TuningTable table, String entry, double value) {
        return table.overriddenBy(new TuningTable(Map.of(entry, value)));
    }
}
