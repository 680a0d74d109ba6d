package dev.gossamer.app;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The settings of an experiment that can be given on the command line, by the keys that experiment files use. They stay text
 * here: what a value may be is decided in one place for both, where the configuration is resolved.
 */
final class ExperimentOptions {

    private final Map<String, String> given = new LinkedHashMap<>();

    /** Key to text, only what was given. */
    Map<String, String> given() {
        return Map.copyOf(given);
    }

    private void put(String key, @Nullable String value) {
        if (value != null) {
            given.put(key, value);
        }
    }

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            order = 1,
            description = "strokes (embedded, needs no files), fashion-mnist or mnist.")
    void dataset(String value) {
        put("dataset", value);
    }

    @Option(names = "--model", paramLabel = "NAME", order = 2, description = "mlp (784-128-128-10) or linear.")
    void model(String value) {
        put("model", value);
    }

    @Option(names = "--method", paramLabel = "NAME", order = 3, description = "fedsparsify-global or fedavg.")
    void method(String value) {
        put("method", value);
    }

    @Option(names = "--clients", paramLabel = "N", order = 4, description = "Number of clients.")
    void clients(String value) {
        put("clients", value);
    }

    @Option(
            names = "--participation",
            paramLabel = "P",
            order = 5,
            description = "Part of the clients that each round asks, above 0 and at most 1.")
    void participation(String value) {
        put("participation", value);
    }

    @Option(
            names = "--partition",
            paramLabel = "HOW",
            order = 6,
            description = "How samples are dealt: iid, or label-blocks:K for K classes to each client.")
    void partition(String value) {
        put("partition", value);
    }

    @Option(
            names = "--rounds",
            paramLabel = "T",
            order = 7,
            description = "Number of rounds; the pruning schedule ends in the last.")
    void rounds(String value) {
        put("rounds", value);
    }

    @Option(names = "--epochs", paramLabel = "N", order = 8, description = "Passes over its samples by a client.")
    void epochs(String value) {
        put("epochs", value);
    }

    @Option(names = "--batch", paramLabel = "N", order = 9, description = "Samples in a step.")
    void batch(String value) {
        put("batch", value);
    }

    @Option(names = "--lr", paramLabel = "RATE", order = 10, description = "Learning rate.")
    void lr(String value) {
        put("lr", value);
    }

    @Option(names = "--momentum", paramLabel = "M", order = 11, description = "Momentum, 0 to below 1.")
    void momentum(String value) {
        put("momentum", value);
    }

    @Option(
            names = "--sparsity",
            paramLabel = "S",
            order = 12,
            description = "Part of the parameters that is zero in the end, 0 to below 1.")
    void sparsity(String value) {
        put("sparsity", value);
    }

    @Option(names = "--seed", paramLabel = "N", order = 13, description = "Seed of everything random.")
    void seed(String value) {
        put("seed", value);
    }
}
