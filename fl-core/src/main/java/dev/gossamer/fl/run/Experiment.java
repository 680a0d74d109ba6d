package dev.gossamer.fl.run;

import static dev.gossamer.fl.run.ExperimentConfig.DRAWN;

import dev.gossamer.engine.Backends;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Partition;
import dev.gossamer.fl.data.Split;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.Footprint;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * An experiment with everything that can go wrong before it starts checked: settings, data, partition, backend. What is
 * left to do is to run it.
 *
 * <pre>
 * ExperimentConfig config = ExperimentConfig.resolve(yaml, overrides);
 * Experiment experiment = Experiment.prepare(config, data, choice, threads);
 * try (RunDirectory directory = RunDirectory.create(path, overwrite)) {
 *     RunResult result = experiment.run(directory, listener);
 * }
 * </pre>
 */
public final class Experiment {

    /** A buffer has at most 2 GiB. */
    private static final long CHECKSUM_CHUNK = 1 << 30;

    private final ExperimentConfig config;
    private final Dataset data;
    private final Backends.Choice backend;
    private final int threads;
    private final ModelSpec spec;
    private final int[][] parts;
    private final Budget budget;
    private final @Nullable Site site;

    private Experiment(
            ExperimentConfig config,
            Dataset data,
            Backends.Choice backend,
            int threads,
            ModelSpec spec,
            int[][] parts,
            Budget budget,
            @Nullable Site site) {
        this.config = config;
        this.data = data;
        this.backend = backend;
        this.threads = threads;
        this.spec = spec;
        this.parts = parts;
        this.budget = budget;
        this.site = site;
    }

    /**
     * Checks that a configuration can be run.
     *
     * @param data stays open as long as the experiment is used
     * @param backend stays open as long as the experiment is used
     * @param threads clients that run side by side, at least 1; the result does not depend on it
     * @throws ConfigException naming the setting that does not fit the data or the model
     */
    public static Experiment prepare(ExperimentConfig config, Dataset data, Backends.Choice backend, int threads) {
        return prepare(config, data, backend, threads, config.init().equals(DRAWN) ? null : Path.of(config.init()));
    }

    /**
     * The same of a run that begins with what a file has, wherever the configuration says that it lies.
     *
     * @param init null to draw initial parameters
     */
    public static Experiment prepare(
            ExperimentConfig config, Dataset data, Backends.Choice backend, int threads, @Nullable Path init) {
        if (threads < 1) {
            throw new ConfigException("threads is " + threads + ", but must be at least 1");
        }
        ModelSpec drawn = spec(config, data.one(), data.classes());
        ModelSpec spec = init == null ? drawn : drawn.startingFrom(ModelFile.theta(init, drawn));
        Experiment prepared =
                new Experiment(config, data, backend, threads, spec, parts(config, data), Budget.NONE, null);
        prepared.checkMethod();
        return prepared;
    }

    /** What a method cannot do with a model it says when it is made: here, where nothing is written or overwritten yet. */
    private void checkMethod() {
        try {
            method();
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "method is " + config.method() + ", but cannot begin with model " + config.model() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * The same within a budget of memory: as many clients run side by side as fit, at least one.
     *
     * @param bytes that clients may take together, on and off the heap and on a GPU; above 0
     */
    public Experiment within(long bytes) {
        if (bytes < 1) {
            throw new ConfigException("memory is " + bytes + " bytes, but must be at least 1");
        }
        return new Experiment(config, data, backend, threads, spec, parts, new Budget(bytes), site);
    }

    /**
     * The same with its clients elsewhere; threads and a budget are then the site's affair.
     *
     * @param elsewhere stays open as long as the experiment is used; null for this process
     * @throws ConfigException or {@link DataException} if somebody there cannot take part
     */
    public Experiment at(@Nullable Site elsewhere) {
        if (elsewhere != null) {
            elsewhere.check(this);
        }
        return new Experiment(config, data, backend, threads, spec, parts, budget, elsewhere);
    }

    /**
     * The model of a configuration for data of a shape.
     *
     * @throws ConfigException if it cannot take such samples
     */
    static ModelSpec spec(ExperimentConfig config, Shape one, int classes) {
        try {
            ModelSpec spec = Models.named(config.model(), one, classes);
            spec.classes(); // every layer takes what the one before makes
            return config.options().has(MethodCatalog.ALPHA)
                    ? spec.withPower(
                            new PowerPropagation((float) config.options().real(MethodCatalog.ALPHA)))
                    : spec;
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "model is " + config.model() + ", but cannot take samples of shape " + one + " as dataset "
                            + config.dataset() + " has: " + e.getMessage(),
                    e);
        }
    }

    private static int[][] parts(ExperimentConfig config, Dataset data) {
        try {
            return Partition.parse(config.partition(), config.seed()).assign(data, config.clients());
        } catch (DataException e) {
            throw new ConfigException(
                    "partition is " + config.partition() + ", clients is " + config.clients() + ": " + e.getMessage(),
                    e);
        }
    }

    public ExperimentConfig config() {
        return config;
    }

    public Dataset data() {
        return data;
    }

    public Backends.Choice backend() {
        return backend;
    }

    public int threads() {
        return threads;
    }

    public ModelSpec spec() {
        return spec;
    }

    /** For each client the indices of its training samples. */
    int[][] parts() {
        return parts;
    }

    /** Where its clients are run; null for this process. */
    @Nullable
    Site site() {
        return site;
    }

    /** What workers need, with clients that remember so much. */
    Worker.Setup setup(ClientMemories memories) {
        return new Worker.Setup(
                backend.backend(), spec, data, parts, config.seed(), memories, ValueType.of(config.uploadValues()));
    }

    /** Of all samples: two machines that have the same have the same data. */
    public long dataChecksum() {
        CRC32C checksum = new CRC32C();
        for (Split split : List.of(data.train(), data.test())) {
            for (MemorySegment bytes : List.of(split.images(), split.labels())) {
                for (long from = 0; from < bytes.byteSize(); from += CHECKSUM_CHUNK) {
                    long length = Math.min(CHECKSUM_CHUNK, bytes.byteSize() - from);
                    checksum.update(bytes.asSlice(from, length).asByteBuffer());
                }
            }
        }
        return checksum.getValue();
    }

    /** The method with its settings. */
    public FederatedMethod method() {
        LocalTraining training = new LocalTraining(
                config.epochs(),
                config.batch(),
                config.learningRate(),
                new Sgd((float) config.momentum(), false, (float) config.weightDecay(), 0),
                Augment.of(config.augment()),
                config.keepsMomentum(),
                SparseTraining.NONE);
        return MethodCatalog.named(config.method()).factory().make(spec, training, config);
    }

    /**
     * No more than a round has clients: others would have the data and a network of their own in memory, and as clients go to
     * whichever is free, each would record its steps anew.
     */
    private int workers() {
        return Math.min(threads, config.clientsPerRound());
    }

    /** Starts threads with the clients, for whoever drives the rounds; the caller closes them. */
    public LocalClientRunner clients() {
        return new LocalClientRunner(
                backend.backend(), spec, data, parts, config.seed(), threads, ValueType.of(config.uploadValues()));
    }

    /** As {@link #run(RunDirectory, RunListener, StopSignal)}, of a run that nobody stops. */
    public RunResult run(RunDirectory directory, RunListener listener) {
        return run(directory, listener, new StopSignal());
    }

    /**
     * Runs all rounds, or those that are left, and writes the directory. What a run that was stopped or killed comes to when it
     * goes on is, bit by bit, what it would have come to by itself; times aside. One that is complete stays as it is.
     *
     * @param stop ends it early
     * @throws RunStoppedException if it was stopped
     * @throws CheckpointException if a run that goes on has checkpoints, and none that can be used
     * @throws dev.gossamer.fl.method.ClientException if a client fails; the rounds before are in the directory
     */
    public RunResult run(RunDirectory directory, RunListener listener, StopSignal stop) {
        if (directory.isComplete()) {
            return directory.result(); // another process came to its end before the directory was opened here
        }
        Checkpoints checkpoints = directory.checkpoints(fingerprint());
        Checkpoint from = directory.isFresh() ? null : checkpoints.latest(listener::warned);
        Map<String, Object> manifest = manifest(directory);
        ClientMemories memories = new ClientMemories();
        memories.putAll(from == null ? Map.of() : from.memories());
        try (Site.Session clients = site == null
                ? new LocalClientRunner(setup(memories), workers(), budget, stop)
                : site.open(this, memories, stop)) {
            ClientRunner runner =
                    config.faults().any() ? new FaultyClients(clients, config.faults(), config.seed()) : clients;
            RoundLoop loop = new RoundLoop(this, runner, clients, directory, kept(directory, listener));
            RunResult result = loop.run(method(), new RoundLoop.Progress(checkpoints, memories, stop), from);
            Footprint footprint = clients.footprint();
            if (footprint != null) {
                manifest.put("trainingMemory", footprint.toMap());
                directory.writeManifest(manifest);
            }
            return result;
        }
    }

    private RunListener kept(RunDirectory directory, RunListener listener) {
        return site == null ? listener : listener.then(site.keeper(directory.path()));
    }

    private Map<String, Object> manifest(RunDirectory directory) {
        if (directory.isFresh()) {
            Map<String, Object> manifest = Manifest.of(this);
            directory.writeManifest(manifest);
            if (spec.start() != null) {
                directory.writeInit(spec.start(), spec.power());
            }
            directory.writeConfig(config);
            return manifest;
        }
        Map<String, Object> manifest = directory.manifest();
        manifest.put("resumed", Instant.now().toString());
        directory.writeManifest(manifest);
        return manifest;
    }

    /** Of whatever a result depends on, but the data and the machine. */
    private byte[] fingerprint() {
        return Sha256.of(config.toYaml()
                + backend.backend().name()
                + new TreeMap<>(backend.backend().tuning().entries()));
    }
}
