package dev.gossamer.fl.run;

import dev.gossamer.fl.data.Cifar10;
import dev.gossamer.fl.data.Cifar100;
import dev.gossamer.fl.data.FashionMnist;
import dev.gossamer.fl.data.Femnist;
import dev.gossamer.fl.data.Mnist;
import dev.gossamer.fl.data.Normalisation;
import dev.gossamer.fl.data.SpeechCommands;
import dev.gossamer.fl.data.Strokes;
import dev.gossamer.fl.method.FedAvg;
import dev.gossamer.fl.method.FedSparsifyGlobal;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.Models;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an experiment is, complete: together with the data set's bytes and the backend it determines every bit of the
 * result. Where it runs (threads, folders) is not part of it.
 *
 * @param dataset name of the data set
 * @param normalise how bytes become numbers: {@link #STANDARD}, or one of {@link Normalisation#NAMES}
 * @param model name of the model
 * @param augment how training images vary: {@code none} or {@code crop-flip}
 * @param method name of the federated method
 * @param clients clients that there are
 * @param participation share of them that takes part in a round, rounded down, at least one
 * @param partition how samples are dealt to clients: as {@link dev.gossamer.fl.data.Partition#parse} reads it
 * @param rounds T
 * @param epochs a client's passes over its samples in a round
 * @param batch samples per step
 * @param lr learning rate
 * @param momentum of the clients' SGD
 * @param weightDecay L2 coefficient of the clients' SGD
 * @param sparsity s_T, fraction of zeros at the end; of no account to methods that do not prune, as the four that follow
 * @param initialSparsity s_0
 * @param pruningStart t_0, first round of the ramp
 * @param pruningFrequency F, rounds between changes
 * @param pruningExponent n, above 0
 * @param seed of everything random but the data set
 */
public record ExperimentConfig(
        String dataset,
        String normalise,
        String model,
        String augment,
        String method,
        int clients,
        double participation,
        String partition,
        int rounds,
        int epochs,
        int batch,
        double lr,
        double momentum,
        double weightDecay,
        double sparsity,
        double initialSparsity,
        int pruningStart,
        int pruningFrequency,
        double pruningExponent,
        long seed) {

    /** Names of the data sets. */
    public static final List<String> DATASETS = List.of(
            Strokes.NAME,
            FashionMnist.NAME,
            Mnist.NAME,
            Cifar10.NAME,
            Cifar100.NAME,
            Femnist.NAME,
            SpeechCommands.NAME);

    /** Names of the methods. */
    public static final List<String> METHODS = List.of(FedSparsifyGlobal.NAME, FedAvg.NAME);

    /**
     * For {@code normalise}: what the data set is loaded with. {@code unit} for strokes, MNIST and FashionMNIST, {@code train}
     * for the others.
     */
    public static final String STANDARD = "standard";

    private static final int MAX_COUNT = 1_000_000;

    /** Every key, in the order of the record, with its default and what it may be. */
    private static final List<Setting> SETTINGS = List.of(
            Setting.oneOf("dataset", Strokes.NAME, DATASETS),
            Setting.oneOf("normalise", STANDARD, normalisations()),
            Setting.oneOf("model", "mlp", Models.NAMES),
            Setting.oneOf("augment", Augment.NONE.key(), Augment.keys()),
            Setting.oneOf("method", FedSparsifyGlobal.NAME, METHODS),
            Setting.integer("clients", 10, 1, MAX_COUNT),
            Setting.positive("participation", 1, 1),
            Setting.text("partition", "iid"),
            Setting.integer("rounds", 20, 1, MAX_COUNT),
            Setting.integer("epochs", 4, 1, MAX_COUNT),
            Setting.integer("batch", 32, 1, 1 << 16),
            Setting.positive("lr", 0.1, 1000),
            Setting.fraction("momentum", 0, false),
            Setting.fraction("weightDecay", 0, true),
            Setting.fraction("sparsity", 0.9, true),
            Setting.fraction("initialSparsity", 0, true),
            Setting.integer("pruningStart", 1, 1, MAX_COUNT),
            Setting.integer("pruningFrequency", 1, 1, MAX_COUNT),
            Setting.positive("pruningExponent", 3, 100),
            Setting.integer("seed", 1990, Long.MIN_VALUE, Long.MAX_VALUE));

    private static List<String> normalisations() {
        return Stream.concat(Stream.of(STANDARD), Normalisation.NAMES.stream()).toList();
    }

    /** The keys of a configuration, which are also the names of the command line's options. */
    public static List<String> keys() {
        return SETTINGS.stream().map(Setting::key).toList();
    }

    /** Every setting at its default. */
    public static ExperimentConfig defaults() {
        return of(new SettingValues(SETTINGS));
    }

    /**
     * Settings from a file, then from the command line, which goes first; the rest are defaults.
     *
     * @param yaml a flat mapping of {@link #keys()}, or null
     * @param overrides from key to value as text
     * @throws ConfigException naming the file or the option, the key, its value and what is allowed
     */
    public static ExperimentConfig resolve(@Nullable Path yaml, Map<String, String> overrides) {
        SettingValues values = new SettingValues(SETTINGS);
        if (yaml != null) {
            Yaml.read(yaml).forEach((key, value) -> values.set(key, value, yaml.toString()));
        }
        overrides.forEach((key, value) -> values.set(key, value, "--" + key));
        ExperimentConfig config = of(values);
        config.checkTogether(values);
        return config;
    }

    private static ExperimentConfig of(SettingValues values) {
        return new ExperimentConfig(
                values.text("dataset"),
                values.text("normalise"),
                values.text("model"),
                values.text("augment"),
                values.text("method"),
                values.integer("clients"),
                values.real("participation"),
                values.text("partition"),
                values.integer("rounds"),
                values.integer("epochs"),
                values.integer("batch"),
                values.real("lr"),
                values.real("momentum"),
                values.real("weightDecay"),
                values.real("sparsity"),
                values.real("initialSparsity"),
                values.integer("pruningStart"),
                values.integer("pruningFrequency"),
                values.real("pruningExponent"),
                values.whole("seed"));
    }

    private void checkTogether(SettingValues values) {
        if (!prunes()) {
            return;
        }
        if (initialSparsity > sparsity) {
            throw values.refusal("initialSparsity", "at most sparsity, which is " + sparsity);
        }
        if (pruningStart > rounds) {
            throw values.refusal("pruningStart", "at most rounds, which is " + rounds);
        }
        if (pruningFrequency > rounds) {
            throw values.refusal("pruningFrequency", "at most rounds, which is " + rounds);
        }
    }

    /** Whether the method goes by the pruning schedule. */
    public boolean prunes() {
        return method.equals(FedSparsifyGlobal.NAME);
    }

    /** N, the clients of a round. */
    public int clientsPerRound() {
        // 0.29 of 100 clients are 29, although 0.29 * 100 is a little less in binary.
        return Math.max(1, (int) (participation * clients + 1e-9));
    }

    /** The settings that count, by key: {@link #resolve} makes this configuration from them. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("dataset", dataset);
        map.put("normalise", normalise);
        map.put("model", model);
        map.put("augment", augment);
        map.put("method", method);
        map.put("clients", clients);
        map.put("participation", participation);
        map.put("partition", partition);
        map.put("rounds", rounds);
        map.put("epochs", epochs);
        map.put("batch", batch);
        map.put("lr", lr);
        map.put("momentum", momentum);
        map.put("weightDecay", weightDecay);
        if (prunes()) {
            map.put("sparsity", sparsity);
            map.put("initialSparsity", initialSparsity);
            map.put("pruningStart", pruningStart);
            map.put("pruningFrequency", pruningFrequency);
            map.put("pruningExponent", pruningExponent);
        }
        map.put("seed", seed);
        return map;
    }
}
