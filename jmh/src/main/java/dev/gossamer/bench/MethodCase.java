package dev.gossamer.bench;

import dev.gossamer.fl.method.FedDst;
import dev.gossamer.fl.method.Mfl;
import dev.gossamer.fl.method.OneShot;
import dev.gossamer.fl.method.PruneFl;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.run.MethodCatalog.Entry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A method with settings under which the second of three rounds is one at its final sparsity. Schedules are there after the first
 * round, masks that are found once are found before it; what prunes after its last round only trains densely in it.
 *
 * @param label the method's name, and how it differs from its defaults
 * @param sparsity as asked for; null where the method has none to ask for
 * @param settings the method's own
 */
record MethodCase(String method, String label, @Nullable Double sparsity, Map<String, String> settings) {

    /** Of a run that is measured: one to get there, one that is timed over and over, one that may be the last. */
    static final int ROUNDS = 3;

    private static final String SPARSITY = "sparsity";

    /** All cases of a method. */
    static List<MethodCase> of(String method, String model, List<Double> sparsities) {
        Entry entry = MethodCatalog.named(method);
        if (!has(entry, SPARSITY)) {
            return List.of(new MethodCase(method, method, null, settings(entry)));
        }
        List<MethodCase> cases = new ArrayList<>();
        for (double sparsity : sparsities) {
            Map<String, String> settings = settings(entry);
            settings.put(SPARSITY, Double.toString(sparsity));
            if (has(entry, "initialSparsity")) {
                settings.put("initialSparsity", Double.toString(sparsity));
            }
            cases.addAll(variants(entry, model, sparsity, settings));
        }
        return cases;
    }

    private static List<MethodCase> variants(Entry entry, String model, double sparsity, Map<String, String> settings) {
        String method = entry.name();
        if (has(entry, "distribution") && model.equals("mlp")) {
            // The uniform rule leaves the first layer dense, and that has 85 % of this model's weights.
            return List.of(
                    new MethodCase(method, method + ", erk", sparsity, with(settings, Map.of("distribution", "erk"))));
        }
        MethodCase plain = new MethodCase(method, method, sparsity, settings);
        return method.equals(FedDst.NAME)
                ? List.of(
                        plain,
                        new MethodCase(
                                method,
                                method + ", adjusting",
                                sparsity,
                                with(settings, Map.of("adjustEvery", "2", "adjustUntil", "1"))))
                : List.of(plain);
    }

    private static Map<String, String> settings(Entry entry) {
        return switch (entry.name()) {
            case OneShot.FINE_TUNED -> with(Map.of(), Map.of("tuneRounds", Integer.toString(ROUNDS - 1)));
            case Mfl.NAME -> with(Map.of(), Map.of("momentum", "0.5"));
            // The first client's search for a mask is no part of what is timed.
            case PruneFl.NAME -> with(Map.of(), Map.of("firstEpochs", "1"));
            default -> new LinkedHashMap<>();
        };
    }

    private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(settings);
        all.putAll(more);
        return all;
    }

    private static boolean has(Entry entry, String key) {
        return entry.options().stream().anyMatch(option -> option.key().equals(key));
    }

    /** Dense FedAvg with the settings that are not this method's own. */
    MethodCase dense() {
        String momentum = settings.get("momentum");
        return new MethodCase("fedavg", "fedavg", null, momentum == null ? Map.of() : Map.of("momentum", momentum));
    }

    /** The experiment, with settings that all methods have. */
    ExperimentConfig config(Map<String, String> common) {
        Map<String, String> all = with(common, settings);
        all.put("method", method);
        all.put("rounds", Integer.toString(ROUNDS));
        return ExperimentConfig.resolve(null, all);
    }
}
