package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.data.Cifar10;
import dev.gossamer.fl.data.Cifar100;
import dev.gossamer.fl.data.FashionMnist;
import dev.gossamer.fl.data.Femnist;
import dev.gossamer.fl.data.Mnist;
import dev.gossamer.fl.data.Normalisation;
import dev.gossamer.fl.data.Partition;
import dev.gossamer.fl.data.SpeechCommands;
import dev.gossamer.fl.data.Strokes;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FedSparsifyGlobal;
import dev.gossamer.fl.method.LearningRate;
import dev.gossamer.fl.method.Mfl;
import dev.gossamer.fl.method.PruneFl;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.sparsity.DensityRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an experiment is, complete: together with the data set's bytes and the backend it determines every bit of the
 * result. Where it runs (threads, folders) is not part of it.
 *
 * @param dataset name of the data set
 * @param normalise how bytes become numbers: {@link #STANDARD}, or one of {@link Normalisation#NAMES}
 * @param model name of the model
 * @param init file of the model that the run begins with, or {@link #DRAWN}
 * @param augment how training images vary: {@code none} or {@code crop-flip}
 * @param method name of the federated method
 * @param clients clients that there are
 * @param participation share of them that takes part in a round, rounded down, at least one
 * @param partition how samples are dealt to clients: as {@link dev.gossamer.fl.data.Partition#parse} reads it
 * @param rounds T
 * @param epochs a client's passes over its samples in a round
 * @param batch samples per step
 * @param lr learning rate of the first round
 * @param lrSchedule how it changes from round to round: {@code constant}, {@code exponential} or {@code step}
 * @param lrFinal for {@code exponential}: the rate of the last round
 * @param lrFactor for {@code step}: what the rate is multiplied by
 * @param lrEvery for {@code step}: rounds between changes
 * @param momentum of the clients' SGD
 * @param optimizer whether a client's momentum starts at zero in each round ({@code reset}) or goes on ({@code keep})
 * @param weightDecay L2 coefficient of the clients' SGD
 * @param uploadValues what the values of clients' updates travel as: a name that {@link ValueType#of} knows
 * @param faults which clients fail, and what a round makes of it
 * @param options the method's own settings
 * @param seed of everything random but the data set
 */
public record ExperimentConfig(
        String dataset,
        String normalise,
        String model,
        String init,
        String augment,
        String method,
        int clients,
        double participation,
        String partition,
        int rounds,
        int epochs,
        int batch,
        double lr,
        String lrSchedule,
        double lrFinal,
        double lrFactor,
        int lrEvery,
        double momentum,
        String optimizer,
        double weightDecay,
        String uploadValues,
        ClientFaults faults,
        MethodOptions options,
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

    /**
     * For {@code normalise}: what the data set is loaded with. {@code unit} for strokes, MNIST and FashionMNIST, {@code train}
     * for the others.
     */
    public static final String STANDARD = "standard";

    /** For {@code init}: initial parameters are drawn, by the seed. */
    public static final String DRAWN = "none";

    private static final int MAX_COUNT = 1_000_000;

    private static final String CONSTANT = "constant";
    private static final String EXPONENTIAL = "exponential";
    private static final String STEP = "step";

    private static final String RESET = "reset";
    private static final String KEEP = "keep";

    private static final String LR_SCHEDULE = "lrSchedule";

    /**
     * A setting that counts only where another one has a certain value.
     *
     * @param otherwise the only value that it may have elsewhere, as the files of runs name all settings of a method; null if
     *     there it has to be left out
     */
    private record Dependent(
            String key,
            String other,
            String value,
            @Nullable String otherwise) {}

    private static final List<Dependent> DEPENDENT = List.of(
            new Dependent("lrFinal", LR_SCHEDULE, EXPONENTIAL, null),
            new Dependent("lrFactor", LR_SCHEDULE, STEP, null),
            new Dependent("lrEvery", LR_SCHEDULE, STEP, null),
            new Dependent("voteThreshold", "aggregate", MethodCatalog.VOTE, "half"),
            new Dependent("mean", "upload", MethodCatalog.TOP_K_WEIGHTS, "all"));

    private static final String METHOD = "method";
    private static final String SEED = "seed";

    /** The keys that every method has, but the seed, which comes last. */
    private static final List<Setting> COMMON = List.of(
            Setting.oneOf(
                    "dataset",
                    Strokes.NAME,
                    DATASETS,
                    "strokes is embedded and needs no files; the others are read from the data folder."),
            Setting.oneOf(
                    "normalise",
                    STANDARD,
                    normalisations(),
                    "How bytes become numbers: unit (/256), half (to -1..1), cifar (SWAT's constants), train (the training"
                            + " samples' mean and deviation), or standard, which is unit for strokes and the two"
                            + " MNISTs, and train for the rest."),
            Setting.oneOf("model", "mlp", Models.NAMES, "The model."),
            Setting.text(
                    "init",
                    DRAWN,
                    "A .safetensors file with the parameters to begin with, under PyTorch's names; none to draw them."),
            Setting.oneOf("augment", Augment.NONE.key(), Augment.keys(), "How training images vary."),
            Setting.oneOf(
                    "method",
                    FedSparsifyGlobal.NAME,
                    MethodCatalog.names(),
                    "The method; gossamer methods tells of each."),
            Setting.integer("clients", 10, 1, MAX_COUNT, "Number of clients."),
            Setting.positive("participation", 1, 1, "Part of the clients that each round asks."),
            new Setting(
                    "partition",
                    "iid",
                    "HOW",
                    "iid, natural, label-blocks:K with at least 1 class, or dirichlet:ALPHA with a concentration above 0",
                    "How samples are dealt: iid; label-blocks:K for K classes to each client; dirichlet:ALPHA for classes in"
                            + " proportions of that concentration; natural for the data set's own clients.",
                    text -> Partition.isSpec(text) ? text : null),
            Setting.integer("rounds", 20, 1, MAX_COUNT, "Number of rounds; schedules end in the last."),
            Setting.integer("epochs", 4, 1, MAX_COUNT, "Passes of a client over its samples in a round."),
            Setting.integer("batch", 32, 1, 1 << 16, "Samples in a step."),
            Setting.positive("lr", 0.1, 1000, "Learning rate of the first round."),
            Setting.oneOf(
                    LR_SCHEDULE,
                    CONSTANT,
                    List.of(CONSTANT, EXPONENTIAL, STEP),
                    "How the learning rate changes: constant; exponential, from lr to lrFinal in the last round; step,"
                            + " times lrFactor after every lrEvery rounds."),
            Setting.positive("lrFinal", 0.01, 1000, "For the exponential schedule: the rate of the last round."),
            Setting.positive("lrFactor", 0.1, 1, "For the step schedule: what the rate is multiplied by."),
            Setting.integer("lrEvery", 50, 1, MAX_COUNT, "For the step schedule: rounds between changes."),
            Setting.fraction("momentum", 0, false, "Momentum of the clients' SGD."),
            Setting.oneOf(
                    "optimizer",
                    RESET,
                    List.of(RESET, KEEP),
                    "Whether a client's momentum starts at zero in each round, or goes on where its last round ended."),
            Setting.fraction("weightDecay", 0, true, "L2 coefficient of the clients' SGD."),
            Setting.oneOf(
                    "uploadValues",
                    ValueType.F32.key(),
                    ValueType.keys(),
                    "What clients send values as; what rounding takes away a client adds to its next update. The server"
                            + " always sends float32."),
            Setting.fraction(
                    "dropout", 0, false, "Probability that a client does not answer, each time that it is asked."),
            Setting.between(
                    "deadline",
                    0,
                    0,
                    MAX_COUNT,
                    "Seconds that a client may take, 0 for any; what is late is not used. Results then depend on the"
                            + " machine's speed."),
            Setting.integer(
                    "minResults",
                    1,
                    1,
                    MAX_COUNT,
                    "Updates that a round needs; with fewer the run ends, and can be resumed."),
            Setting.integer("retries", 0, 0, 100, "How often a client is asked again whose update cannot be used."),
            new Setting(
                    "faults",
                    ClientFaults.NONE,
                    "KIND:N",
                    ClientFaults.ALLOWED,
                    "Faults that are injected: how many clients of each round fail in which way, as nan:1,corrupt:2.",
                    text -> ClientFaults.parse(text) == null ? null : text));

    private static final Setting LAST =
            Setting.integer(SEED, 1990, Long.MIN_VALUE, Long.MAX_VALUE, "Seed of everything random but the data set.");

    private static List<String> normalisations() {
        return Stream.concat(Stream.of(STANDARD), Normalisation.NAMES.stream()).toList();
    }

    /** The settings that every method has: the keys of files, and the command line's options. */
    public static List<Setting> commonSettings() {
        return Stream.concat(COMMON.stream(), Stream.of(LAST)).toList();
    }

    /**
     * All settings of a configuration with this method, in the order in which a file has them.
     *
     * @throws ConfigException if there is no such method
     */
    public static List<Setting> settings(String method) {
        List<Setting> settings = new ArrayList<>(COMMON);
        settings.replaceAll(setting -> setting.key().equals(METHOD) ? setting.withFallback(method) : setting);
        settings.addAll(MethodCatalog.named(method).options());
        settings.add(LAST);
        return settings;
    }

    /** Every setting at its default. */
    public static ExperimentConfig defaults() {
        return resolve(null, Map.of());
    }

    /**
     * Settings from a file, then from the command line, which goes first; the rest are defaults.
     *
     * @param yaml a flat mapping of keys to values, or null
     * @param overrides from key to value as text
     * @throws ConfigException naming the file or the option, the key, its value and what is allowed
     */
    public static ExperimentConfig resolve(@Nullable Path yaml, Map<String, String> overrides) {
        SettingValues values = values(yaml, overrides);
        DEPENDENT.forEach(dependent -> check(dependent, values));
        ExperimentConfig config = of(values);
        config.checkTogether(values);
        return config;
    }

    /**
     * The settings of a run that has begun: whether they go together was asked then. What a later release would refuse, as a
     * setting that is ignored, is no reason to leave a run undone, or unread.
     *
     * @param yaml the file that it wrote, or null
     * @param settings those of {@link #toMap} where there is none
     * @throws ConfigException as {@link #resolve}, for what is wrong by itself
     */
    public static ExperimentConfig begun(@Nullable Path yaml, Map<String, String> settings) {
        return of(values(yaml, settings));
    }

    private static SettingValues values(@Nullable Path yaml, Map<String, String> overrides) {
        Map<String, Yaml.Entry> file = yaml == null ? Map.of() : Yaml.read(yaml);
        SettingValues values = new SettingValues(settings(method(yaml, file, overrides)));
        file.forEach((key, value) -> {
            // A file for one method with another one chosen on the command line: what only the first has is left out.
            boolean moot = overrides.containsKey(METHOD) && foreign(key, overrides.get(METHOD));
            if (!moot) {
                values.set(key, value.text(), yaml + ", line " + value.line());
            }
        });
        overrides.forEach((key, value) -> values.set(key, value, "--" + key));
        if (values.has(MethodCatalog.DISTRIBUTION)) {
            DensityRule rule = MethodCatalog.distribution(values.text(MethodCatalog.DISTRIBUTION));
            values.otherwise(MethodCatalog.REFRESH, (long) SparseTraining.swatPeriod(rule));
        }
        return values;
    }

    /** The method's name, checked: which other keys there are depends on it. */
    private static String method(@Nullable Path yaml, Map<String, Yaml.Entry> file, Map<String, String> overrides) {
        SettingValues alone = new SettingValues(COMMON);
        Yaml.Entry named = file.get(METHOD);
        if (named != null) {
            alone.set(METHOD, named.text(), yaml + ", line " + named.line());
        }
        if (overrides.containsKey(METHOD)) {
            alone.set(METHOD, overrides.get(METHOD), "--" + METHOD);
        }
        return alone.text(METHOD);
    }

    /** Whether a key is a setting of other methods only. */
    private static boolean foreign(String key, String method) {
        List<String> methods = MethodCatalog.methodsWith(key);
        return !methods.isEmpty() && !methods.contains(method);
    }

    private static ExperimentConfig of(SettingValues values) {
        return new ExperimentConfig(
                values.text("dataset"),
                values.text("normalise"),
                values.text("model"),
                values.text("init"),
                values.text("augment"),
                values.text(METHOD),
                values.integer("clients"),
                values.real("participation"),
                values.text("partition"),
                values.integer("rounds"),
                values.integer("epochs"),
                values.integer("batch"),
                values.real("lr"),
                values.text(LR_SCHEDULE),
                values.real("lrFinal"),
                values.real("lrFactor"),
                values.integer("lrEvery"),
                values.real("momentum"),
                values.text("optimizer"),
                values.real("weightDecay"),
                values.text("uploadValues"),
                new ClientFaults(
                        values.real("dropout"),
                        values.real("deadline"),
                        new Cohort.Quorum(values.integer("minResults"), values.integer("retries")),
                        Objects.requireNonNull(ClientFaults.parse(values.text("faults")))),
                new MethodOptions(
                        values.of(MethodCatalog.named(values.text(METHOD)).options())),
                values.whole(SEED));
    }

    /** Refuses what would be ignored. What an option makes moot in a file is left out: no option can take a line back. */
    private static void check(Dependent dependent, SettingValues values) {
        String key = dependent.key();
        String other = dependent.other();
        if (!values.has(key) || values.text(other).equals(dependent.value())) {
            return;
        }
        if (values.isOption(other) && !values.isOption(key)) {
            values.reset(key);
        }
        String otherwise = dependent.otherwise();
        if (otherwise == null ? values.isGiven(key) : !values.text(key).equals(otherwise)) {
            throw values.refusal(
                    key,
                    (otherwise == null ? "left out" : otherwise) + " where " + other + " is " + values.text(other));
        }
    }

    private void checkTogether(SettingValues values) {
        if (options.has("initialSparsity") && options.real("initialSparsity") > options.real("sparsity")) {
            throw values.refusal("initialSparsity", "at most sparsity, which is " + options.real("sparsity"));
        }
        for (String key : List.of("pruningStart", "pruningFrequency")) {
            if (options.has(key) && options.integer(key) > rounds) {
                throw values.refusal(key, "at most rounds, which is " + rounds);
            }
        }
        if (options.has("tuneRounds") && options.integer("tuneRounds") >= rounds) {
            throw values.refusal("tuneRounds", "below rounds, which is " + rounds);
        }
        if (faults.quorum().least() > clientsPerRound()) {
            throw values.refusal("minResults", "at most the clients of a round, which are " + clientsPerRound());
        }
        if (faults.injectedClients() > clientsPerRound()) {
            throw values.refusal("faults", "of at most the clients of a round, which are " + clientsPerRound());
        }
        if (method.equals(Mfl.NAME) && momentum == 0) {
            throw values.refusal("momentum", "above 0 for method " + method + ", which averages it");
        }
        if (options.has(MethodCatalog.DISTRIBUTION)
                && MethodCatalog.distribution(options.text(MethodCatalog.DISTRIBUTION))
                        .followsMomentum()
                && momentum == 0) {
            throw values.refusal("momentum", "above 0 where distribution is momentum");
        }
        if (keepsMomentum() && (momentum == 0 || List.of(Mfl.NAME, PruneFl.NAME).contains(method))) {
            throw values.refusal(
                    "optimizer",
                    RESET + " where momentum is 0, with method " + Mfl.NAME
                            + ", whose server averages it, and with method " + PruneFl.NAME
                            + ", whose clients begin each round without");
        }
    }

    /** The learning rate of each round. */
    public LearningRate learningRate() {
        return switch (lrSchedule) {
            case EXPONENTIAL -> new LearningRate.Exponential(lr, lrFinal, rounds);
            case STEP -> new LearningRate.Step(lr, lrFactor, lrEvery);
            default -> LearningRate.constant(lr);
        };
    }

    /** Whether clients go on with the momentum of their last round. */
    public boolean keepsMomentum() {
        return optimizer.equals(KEEP);
    }

    /** N, the clients of a round. */
    public int clientsPerRound() {
        // 0.29 of 100 clients are 29, although 0.29 * 100 is a little less in binary.
        return Math.max(1, (int) (participation * clients + 1e-9));
    }

    /** The text of a file with the settings that count: {@link #resolve} makes this configuration from it. */
    public String toYaml() {
        return Yaml.write(toMap());
    }

    /** The settings that count, by key: {@link #resolve} makes this configuration from them. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("dataset", dataset);
        map.put("normalise", normalise);
        map.put("model", model);
        if (!init.equals(DRAWN)) {
            map.put("init", init);
        }
        map.put("augment", augment);
        map.put(METHOD, method);
        map.put("clients", clients);
        map.put("participation", participation);
        map.put("partition", partition);
        map.put("rounds", rounds);
        map.put("epochs", epochs);
        map.put("batch", batch);
        map.put("lr", lr);
        map.put(LR_SCHEDULE, lrSchedule);
        if (lrSchedule.equals(EXPONENTIAL)) {
            map.put("lrFinal", lrFinal);
        }
        if (lrSchedule.equals(STEP)) {
            map.put("lrFactor", lrFactor);
            map.put("lrEvery", lrEvery);
        }
        map.put("momentum", momentum);
        map.put("optimizer", optimizer);
        map.put("weightDecay", weightDecay);
        map.put("uploadValues", uploadValues);
        map.putAll(faults.toMap());
        map.putAll(options.toMap());
        map.put(SEED, seed);
        return map;
    }
}
