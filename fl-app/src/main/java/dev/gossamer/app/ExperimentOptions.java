package dev.gossamer.app;

import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.run.ExperimentConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The settings of an experiment that can be given on the command line, by the keys that experiment files use. They stay text
 * here: what a value may be is decided in one place for both, where the configuration is resolved.
 */
final class ExperimentOptions {

    private final Map<String, String> given = new LinkedHashMap<>();
    private final Map<String, Object> defaults = ExperimentConfig.defaults().toMap();

    /** Key to text, only what was given. */
    Map<String, String> given() {
        return given;
    }

    /** The options, to be mixed into a command. */
    CommandSpec spec() {
        return CommandSpec.create()
                .addOption(option(
                        "dataset",
                        "NAME",
                        "strokes (embedded, needs no files), fashion-mnist, mnist, cifar10, cifar100, femnist or"
                                + " speech-commands."))
                .addOption(option(
                        "normalise",
                        "HOW",
                        "How bytes become numbers: unit (/256), half (to -1..1), cifar (SWAT's constants), train (the"
                                + " training samples' mean and deviation), or standard, which is unit for strokes and"
                                + " the two MNISTs, and train for the rest."))
                .addOption(option("model", "NAME", "One of " + String.join(", ", Models.NAMES) + "."))
                .addOption(option("augment", "HOW", "How training images vary: none or crop-flip."))
                .addOption(option("method", "NAME", "fedsparsify-global or fedavg."))
                .addOption(option("clients", "N", "Number of clients."))
                .addOption(option(
                        "participation", "P", "Part of the clients that each round asks, above 0 and at most 1."))
                .addOption(option(
                        "partition",
                        "HOW",
                        "How samples are dealt: iid; label-blocks:K for K classes to each client; dirichlet:ALPHA for"
                                + " classes in proportions of that concentration; natural for the data set's own"
                                + " clients."))
                .addOption(option("rounds", "T", "Number of rounds; the pruning schedule ends in the last."))
                .addOption(option("epochs", "N", "Passes of a client over its samples in a round."))
                .addOption(option("batch", "N", "Samples in a step."))
                .addOption(option("lr", "RATE", "Learning rate."))
                .addOption(option("momentum", "M", "Momentum, 0 to below 1."))
                .addOption(option("sparsity", "S", "Part of the parameters that is pruned in the end, 0 to 1."))
                .addOption(option("seed", "N", "Seed of everything random."));
    }

    private OptionSpec option(String key, String label, String description) {
        return OptionSpec.builder("--" + key)
                .type(String.class)
                .paramLabel(label)
                .description(description + " Default: " + defaults.get(key) + ".")
                .setter(new ISetter() {
                    @Override
                    public <T> T set(T value) {
                        put(key, value);
                        return value;
                    }
                })
                .build();
    }

    /** The parser sets every option to null first. */
    private void put(String key, @Nullable Object value) {
        if (value != null) {
            given.put(key, value.toString());
        }
    }
}
