package dev.gossamer.fl.run;

import dev.gossamer.fl.method.FedAvg;
import dev.gossamer.fl.method.FedAvgM;
import dev.gossamer.fl.method.FedDst;
import dev.gossamer.fl.method.FedProx;
import dev.gossamer.fl.method.FedSparsifyGlobal;
import dev.gossamer.fl.method.FedSparsifyLocal;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.Grasp;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.Mfl;
import dev.gossamer.fl.method.OneShot;
import dev.gossamer.fl.method.PruneFl;
import dev.gossamer.fl.method.RandomMask;
import dev.gossamer.fl.method.Snip;
import dev.gossamer.fl.method.SparseFedPp;
import dev.gossamer.fl.method.SwatFedAvg;
import dev.gossamer.fl.method.TopK;
import dev.gossamer.fl.method.VoteThreshold;
import dev.gossamer.fl.method.ZeroFl;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.LayerWork;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.nn.TrainingFlops;
import dev.gossamer.fl.sparsity.DensityRule;
import dev.gossamer.fl.sparsity.GraspScore;
import dev.gossamer.fl.sparsity.PruneFlAdjustment;
import dev.gossamer.fl.sparsity.PruneRegrow;
import dev.gossamer.fl.sparsity.PruningSchedule;
import dev.gossamer.fl.sparsity.PruningScope;
import dev.gossamer.fl.sparsity.RandomPruning;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The methods by the names that people choose them by, each with its paper, its own settings, and how it is made. */
public final class MethodCatalog {

    private static final int MAX_COUNT = 1_000_000;

    /**
     * A method as people choose it.
     *
     * @param name what it is chosen by
     * @param summary what it does, in a line
     * @param paper where it comes from
     * @param options its own settings, with its defaults
     */
    public record Entry(String name, String summary, String paper, List<Setting> options, Factory factory) {

        public Entry {
            options = List.copyOf(options);
        }
    }

    /** Makes a method of checked settings. */
    @FunctionalInterface
    interface Factory {

        /**
         * The method.
         *
         * @param config whose {@link ExperimentConfig#options} are this method's own
         */
        FederatedMethod make(ModelSpec spec, LocalTraining training, ExperimentConfig config);
    }

    private static final Setting SPARSITY =
            Setting.fraction("sparsity", 0.9, true, "Part of the prunable parameters that is zero in the end.");

    private static final Setting SCOPE = Setting.oneOf(
            "scope",
            PruningScope.TRAINABLE,
            List.of(PruningScope.TRAINABLE, PruningScope.CONNECTIONS, PruningScope.WEIGHTS),
            "What is pruned: all that is trained, weights and biases of linear layers and convolutions, or their weights.");

    /** FedSparsify's schedule. */
    private static final List<Setting> RAMP = List.of(
            SPARSITY,
            Setting.fraction("initialSparsity", 0, true, "Sparsity with which the ramp begins, at most sparsity."),
            Setting.integer("pruningStart", 1, 1, MAX_COUNT, "First round of the ramp, at most rounds."),
            Setting.integer(
                    "pruningFrequency", 1, 1, MAX_COUNT, "Rounds between two changes of the sparsity, at most rounds."),
            Setting.positive(
                    "pruningExponent", 3, 100, "Exponent of the ramp; the larger, the earlier most is pruned."));

    private static final String FEDSPARSIFY =
            "Stripelis et al., Federated Progressive Sparsification (Purge, Merge, Tune)+, 2022";

    /** The rule by which masks vote. */
    static final String VOTE = "vote";

    /** What ZeroFL's clients send where the mean may be one over those that sent an entry. */
    static final String TOP_K_WEIGHTS = "top-k-weights";

    private static final String PER_LAYER = "per-layer";
    private static final String HOLDERS = "holders";

    /** Key of the exponent of Powerpropagation, which is part of the model. */
    static final String ALPHA = "alpha";

    /** Key of the rule by which SWAT's clients spread their sparsity. */
    static final String DISTRIBUTION = "distribution";

    /** Key of SWAT's period. */
    static final String REFRESH = "refresh";

    /** The settings of SWAT's clients. */
    private static final List<Setting> SWAT = List.of(
            Setting.fraction(
                    "sparsity", 0.9, false, "Part of the weights that is zero in products, and of what is saved."),
            Setting.oneOf(
                    DISTRIBUTION,
                    "uniform",
                    List.of("uniform", "erk", "momentum"),
                    "How the sparsity is spread over layers: uniform, which leaves the first one dense; erk, by the layers'"
                            + " shapes; momentum, anew every refresh batches, by the momentum of their active weights, which"
                            + " a client with too few batches for a refresh after the first never sees."),
            Setting.integer(
                    REFRESH,
                    SparseTraining.SWAT_PERIOD,
                    1,
                    MAX_COUNT,
                    "Batches between two searches for a convolution's thresholds, and for densities by momentum, which have "
                            + SparseTraining.SWAT_MOMENTUM_PERIOD + " where nothing is said."));

    private static final List<Entry> ENTRIES = List.of(
            new Entry(
                    FedAvg.NAME,
                    "dense training, weighted mean",
                    "McMahan et al., Communication-Efficient Learning of Deep Networks from Decentralized Data,"
                            + " AISTATS 2017",
                    List.of(),
                    (spec, training, config) -> new FedAvg(spec, training)),
            new Entry(
                    FedProx.NAME,
                    "FedAvg whose clients are pulled back to the model that they received",
                    "Li et al., Federated Optimization in Heterogeneous Networks, MLSys 2020",
                    List.of(Setting.between("mu", 0.001, 0, 1000, "Weight of the proximal term.")),
                    (spec, training, config) ->
                            new FedProx(spec, training, config.options().real("mu"))),
            new Entry(
                    Mfl.NAME,
                    "clients train with momentum, the server averages model and momentum",
                    "Liu et al., Accelerating Federated Learning via Momentum Gradient Descent, TPDS 2020",
                    List.of(),
                    (spec, training, config) -> new Mfl(spec, training)),
            new Entry(
                    FedAvgM.NAME,
                    "FedAvg with momentum at the server",
                    "Hsu et al., Measuring the Effects of Non-Identical Data Distribution for Federated Visual"
                            + " Classification, 2019",
                    List.of(
                            Setting.fraction("serverMomentum", 0.9, false, "Momentum of the server."),
                            Setting.positive("serverLr", 1, 1000, "Learning rate of the server.")),
                    (spec, training, config) -> new FedAvgM(
                            spec,
                            training,
                            config.options().real("serverMomentum"),
                            config.options().real("serverLr"))),
            new Entry(
                    FedSparsifyGlobal.NAME,
                    "the server prunes the average a little more each round, clients train what is left",
                    FEDSPARSIFY,
                    plus(RAMP, SCOPE),
                    (spec, training, config) ->
                            new FedSparsifyGlobal(spec, training, schedule(config), scope(spec, config))),
            new Entry(
                    FedSparsifyLocal.NAME,
                    "each client prunes a little more each round, and the masks vote",
                    FEDSPARSIFY,
                    plus(
                            RAMP,
                            SCOPE,
                            Setting.oneOf(
                                    "aggregate",
                                    VOTE,
                                    List.of(VOTE, "fedavg"),
                                    "Whether masks vote, or the mean has all that some client kept."),
                            Setting.oneOf(
                                    "voteThreshold",
                                    "half",
                                    List.of("half", "floor"),
                                    "Votes of N that are enough: N/2 (the paper), or N/2 rounded down (its code).")),
                    (spec, training, config) -> new FedSparsifyLocal(
                            spec,
                            training,
                            schedule(config),
                            scope(spec, config),
                            config.options().text("aggregate").equals(VOTE),
                            VoteThreshold.valueOf(
                                    config.options().text("voteThreshold").toUpperCase(Locale.ROOT)))),
            new Entry(
                    OneShot.NAME,
                    "dense FedAvg, pruned once after the last round",
                    "Han et al., Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015",
                    List.of(SPARSITY, SCOPE),
                    (spec, training, config) -> oneShot(OneShot.NAME, spec, training, config, config.rounds())),
            new Entry(
                    OneShot.FINE_TUNED,
                    "dense FedAvg, pruned once, and tuned for some rounds after",
                    "Han et al., Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015",
                    List.of(
                            SPARSITY,
                            SCOPE,
                            Setting.integer(
                                    "tuneRounds", 10, 1, MAX_COUNT, "Rounds after the pruning, fewer than rounds.")),
                    (spec, training, config) -> oneShot(
                            OneShot.FINE_TUNED,
                            spec,
                            training,
                            config,
                            config.rounds() - config.options().integer("tuneRounds"))),
            new Entry(
                    RandomMask.NAME,
                    "FedSparsify's schedule with a random order of what goes",
                    FEDSPARSIFY,
                    plus(RAMP, SCOPE),
                    (spec, training, config) -> new RandomMask(
                            spec, training, schedule(config), new RandomPruning(scope(spec, config), config.seed()))),
            new Entry(
                    Snip.NAME,
                    "one client finds a mask before the first round, by the sensitivity of its loss",
                    "Lee et al., SNIP: Single-Shot Network Pruning Based on Connection Sensitivity, ICLR 2019",
                    List.of(
                            SPARSITY,
                            SCOPE.withFallback(PruningScope.CONNECTIONS),
                            Setting.integer("scoreSamples", 128, 1, MAX_COUNT, "Samples that the scores are of.")),
                    (spec, training, config) -> new Snip(
                            spec,
                            training,
                            config.options().real("sparsity"),
                            scope(spec, config),
                            config.options().integer("scoreSamples"),
                            GradientSettings.TRAINING,
                            config.seed())),
            new Entry(
                    Grasp.NAME,
                    "one client finds a mask before the first round, by the flow of its gradients",
                    "Wang et al., Picking Winning Tickets Before Training by Preserving Gradient Flow, ICLR 2020",
                    List.of(
                            SPARSITY,
                            SCOPE.withFallback(PruningScope.WEIGHTS),
                            Setting.integer(
                                    "samplesPerClass",
                                    GraspScore.SAMPLES_PER_CLASS,
                                    1,
                                    MAX_COUNT,
                                    "Samples of each class that the scores are of."),
                            Setting.positive(
                                    "temperature",
                                    GraspScore.TEMPERATURE,
                                    MAX_COUNT,
                                    "What logits are divided by when scores are found.")),
                    (spec, training, config) -> new Grasp(
                            spec,
                            training,
                            config.options().real("sparsity"),
                            scope(spec, config),
                            config.options().integer("samplesPerClass"),
                            config.options().real("temperature"),
                            config.seed())),
            new Entry(
                    PruneFl.NAME,
                    "the mask is what makes the loss fall fastest for the time of a step, adjusted now and then",
                    "Jiang et al., Model Pruning Enables Efficient Federated Learning on Edge Devices, TNNLS 2023",
                    List.of(
                            Setting.integer(
                                    "adjustEvery", 50, 1, MAX_COUNT, "Rounds between two adjustments of masks."),
                            Setting.integer(
                                    "firstAdjustments",
                                    5,
                                    0,
                                    MAX_COUNT,
                                    "How often the first client adjusts the mask."),
                            Setting.integer(
                                    "firstEpochs", 10, 1, MAX_COUNT, "Passes of the first client before each of them."),
                            Setting.positive(
                                    "fixedCost",
                                    1,
                                    1000,
                                    "What a step costs beside its weights, as a part of what all weights cost; the"
                                            + " paper's measurements come to 1.3 and 0.8.")),
                    (spec, training, config) -> pruneFl(spec, training, config)),
            new Entry(
                    FedDst.NAME,
                    "sparse from the start, at constant sparsity; clients exchange parts of their masks",
                    "Bibikar et al., Federated Dynamic Sparse Training, AAAI 2022",
                    List.of(
                            Setting.fraction("sparsity", 0.8, false, SPARSITY.description()),
                            SCOPE.withFallback(PruningScope.WEIGHTS),
                            Setting.integer(
                                    "adjustEvery", 15, 1, MAX_COUNT, "Rounds between two adjustments of masks."),
                            Setting.fraction(
                                    "adjustFraction", 0.01, true, "Part of the active weights exchanged at first."),
                            Setting.fraction(
                                    "adjustUntil",
                                    0.5,
                                    true,
                                    "Part of the rounds after which masks stay as they are.")),
                    (spec, training, config) -> fedDst(spec, training, config)),
            new Entry(
                    TopK.NAME,
                    "clients train densely and send the largest of their weights",
                    "Shi et al., Understanding Top-k Sparsification in Distributed Deep Learning, 2019; baseline of"
                            + " SparseFedPP",
                    List.of(SPARSITY, SCOPE.withFallback(PruningScope.WEIGHTS)),
                    (spec, training, config) ->
                            new TopK(spec, training, config.options().real("sparsity"), scope(spec, config))),
            new Entry(
                    SwatFedAvg.NAME,
                    "FedAvg whose clients multiply with their largest weights and save their largest activations",
                    "Raihan, Aamodt, Sparse Weight Activation Training, NeurIPS 2020; ZeroFL's baseline",
                    SWAT,
                    (spec, training, config) -> new SwatFedAvg(spec, training.with(swat(config)))),
            new Entry(
                    ZeroFl.NAME,
                    "clients train as SWAT does and send a little more than what was active",
                    "Qiu et al., ZeroFL: Efficient On-Device Training for Federated Learning with Local Sparsity,"
                            + " ICLR 2022",
                    plus(
                            SWAT,
                            Setting.fraction(
                                    "maskRatio",
                                    0,
                                    true,
                                    "What is sent beyond the active part: 1 - sparsity + maskRatio."),
                            Setting.oneOf(
                                    "upload",
                                    TOP_K_WEIGHTS,
                                    List.of(TOP_K_WEIGHTS, "diff-on-top-k-weights", "top-k-weights-diff"),
                                    "What is sent: the largest weights, their changes, or the largest changes."),
                            Setting.oneOf(
                                    "threshold",
                                    "global",
                                    List.of("global", PER_LAYER),
                                    "Whether all weights have one threshold, or each layer its own."),
                            Setting.oneOf(
                                    "mean",
                                    "all",
                                    List.of("all", HOLDERS),
                                    "For top-k-weights: the mean over all clients, or over those that sent an entry.")),
                    (spec, training, config) -> new ZeroFl(
                            spec,
                            training.with(swat(config)),
                            ZeroFl.Upload.valueOf(config.options()
                                    .text("upload")
                                    .replace('-', '_')
                                    .toUpperCase(Locale.ROOT)),
                            Math.min(
                                    1,
                                    1
                                            - config.options().real("sparsity")
                                            + config.options().real("maskRatio")),
                            PruningScope.weights(spec),
                            config.options().text("threshold").equals(PER_LAYER),
                            config.options().text("mean").equals(HOLDERS))),
            new Entry(
                    SparseFedPp.NAME,
                    "Powerpropagation, activations as sparse as their layer's weights, pruning after local training",
                    "Guastella et al., Sparse Federated Training with Powerpropagation, 2024",
                    List.of(
                            SPARSITY,
                            SCOPE.withFallback(PruningScope.WEIGHTS),
                            Setting.between(
                                    ALPHA, 1.25, 1, 16, "Exponent of Powerpropagation; 1 trains weights as they are."),
                            Setting.fraction(
                                    "activationFloor", 0.01, true, "Least part of an activation that is saved.")),
                    (spec, training, config) -> new SparseFedPp(
                            spec,
                            training,
                            config.options().real("sparsity"),
                            scope(spec, config),
                            config.options().real("activationFloor"))));

    private static List<Setting> plus(List<Setting> settings, Setting... more) {
        return Stream.concat(settings.stream(), Stream.of(more)).toList();
    }

    private static PruningScope scope(ModelSpec spec, ExperimentConfig config) {
        return PruningScope.of(config.options().text("scope"), spec);
    }

    private static SparseTraining swat(ExperimentConfig config) {
        MethodOptions options = config.options();
        return SparseTraining.swat(
                distribution(options.text(DISTRIBUTION)), 1 - options.real("sparsity"), options.integer(REFRESH));
    }

    /** The rule that a value of {@link #DISTRIBUTION} names. */
    static DensityRule distribution(String name) {
        return DensityRule.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static PruneFl pruneFl(ModelSpec spec, LocalTraining training, ExperimentConfig config) {
        MethodOptions options = config.options();
        return new PruneFl(
                spec,
                training,
                costs(spec, options.real("fixedCost")),
                options.integer("adjustEvery"),
                options.integer("firstAdjustments"),
                training.with(options.integer("firstEpochs")),
                config.seed());
    }

    /** Of operations, so that masks are the same on every machine. */
    private static PruneFlAdjustment.Costs costs(ModelSpec spec, double fixed) {
        Map<String, Long> operations = new HashMap<>();
        Map<String, Long> weights = new HashMap<>();
        for (LayerWork layer : TrainingFlops.of(spec).layers()) {
            operations.put(layer.weight(), layer.positions());
            weights.put(layer.weight(), layer.weights());
        }
        return PruneFlAdjustment.Costs.ofOperations(operations, weights, fixed);
    }

    private static FedDst fedDst(ModelSpec spec, LocalTraining training, ExperimentConfig config) {
        MethodOptions options = config.options();
        int end = Math.max(1, (int) (options.real("adjustUntil") * config.rounds()));
        return new FedDst(
                spec,
                training,
                new PruneRegrow(options.real("sparsity"), options.real("adjustFraction"), end),
                options.integer("adjustEvery"),
                scope(spec, config));
    }

    private static OneShot oneShot(
            String name, ModelSpec spec, LocalTraining training, ExperimentConfig config, int pruneRound) {
        return new OneShot(name, spec, training, config.options().real("sparsity"), scope(spec, config), pruneRound);
    }

    private MethodCatalog() {}

    /** All methods. */
    public static List<Entry> all() {
        return ENTRIES;
    }

    /** Names of all methods. */
    public static List<String> names() {
        return ENTRIES.stream().map(Entry::name).toList();
    }

    /**
     * A method by its name.
     *
     * @throws ConfigException naming the known ones
     */
    public static Entry named(String name) {
        return ENTRIES.stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new ConfigException("Unknown method '" + name + "'. Known: " + String.join(", ", names())));
    }

    /** Every setting that some method has, each once, with the default of the first that has it. */
    public static List<Setting> allOptions() {
        Map<String, Setting> options = new LinkedHashMap<>();
        ENTRIES.stream()
                .flatMap(entry -> entry.options().stream())
                .forEach(option -> options.putIfAbsent(option.key(), option));
        return new ArrayList<>(options.values());
    }

    /** The methods that have a setting. */
    static List<String> methodsWith(String key) {
        return ENTRIES.stream()
                .filter(entry -> keys(entry).anyMatch(key::equals))
                .map(Entry::name)
                .toList();
    }

    private static Stream<String> keys(Entry entry) {
        return entry.options().stream().map(Setting::key);
    }

    /** The ramp that a configuration describes; of methods that have one. */
    public static PruningSchedule schedule(ExperimentConfig config) {
        MethodOptions options = config.options();
        return new PruningSchedule(
                options.real("sparsity"),
                options.real("initialSparsity"),
                options.integer("pruningStart"),
                config.rounds(),
                options.integer("pruningFrequency"),
                options.real("pruningExponent"));
    }
}
