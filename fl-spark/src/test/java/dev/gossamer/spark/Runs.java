package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** Runs of experiments, here and on a site, and what they come to. */
final class Runs implements AutoCloseable {

    static final Map<String, String> FEDAVG = Map.of("method", "fedavg");
    static final Map<String, String> VOTING = Map.of("method", "fedsparsify-local", "sparsity", "0.8");
    static final Map<String, String> SPARSEFEDPP = Map.of("method", "sparsefedpp", "sparsity", "0.9");

    /** Clients remember their momentum and what rounding takes from their uploads, and do not all take part. */
    static final Map<String, String> REMEMBERING = Map.of(
            "rounds", "3",
            "method", "fedavg",
            "momentum", "0.9",
            "optimizer", "keep",
            "uploadValues", "float16",
            "participation", "0.5");

    /** Drawn once, which takes longer than to train on it; it ends with the process. */
    private static final Dataset STROKES = DataSource.load("strokes", Path.of(""));

    private final ExperimentConfig config;
    private final Dataset data;
    private final Backends.Choice choice;
    private final Path folder;

    /** Six clients and two rounds on strokes, but for what is set otherwise. */
    Runs(Map<String, String> settings, Path folder) {
        this(settings, folder, folder);
    }

    /** As above, with data sets in a folder. */
    Runs(Map<String, String> settings, Path folder, Path dataFolder) {
        Map<String, String> all = new HashMap<>(Map.of("clients", "6", "rounds", "2", "epochs", "1"));
        all.putAll(settings);
        this.config = ExperimentConfig.resolve(null, all);
        this.folder = folder;
        this.choice = Backends.open("cpu-vector", BackendOptions.defaults());
        this.data = DataSource.isEmbedded(config.dataset()) ? STROKES : DataSource.load(config, dataFolder);
    }

    Experiment experiment() {
        return Experiment.prepare(config, data, choice, 1);
    }

    /** The model file of a whole run. */
    byte[] model(@Nullable Site site) throws IOException {
        Path path = Files.createTempDirectory(folder, "run");
        try (RunDirectory directory = RunDirectory.create(path, false)) {
            experiment().at(site).run(directory, RunListener.NONE);
        }
        return Files.readAllBytes(path.resolve(RunDirectory.MODEL));
    }

    /** Asserts that a run on a site ends with the bytes of a run here. */
    void assertSameBytes(Site site) throws IOException {
        byte[] here = model(null);
        assertThat(here).hasSizeGreaterThan(1000);
        assertThat(model(site)).as(config.method()).isEqualTo(here);
    }

    /** The state after some rounds over any clients. */
    ServerState rounds(ClientRunner clients, int rounds) {
        FederatedMethod method = experiment().method();
        List<Integer> all = IntStream.range(0, config.clients()).boxed().toList();
        ServerState state = method.init(1);
        for (int round = 1; round <= rounds; round++) {
            state = method.round(state, new Cohort(round, all), clients).state();
        }
        return state;
    }

    Site.Session session(Site site) {
        return site.open(experiment(), new dev.gossamer.fl.run.ClientMemories(), new StopSignal());
    }

    /** A folder of real data, which the project does not contain. */
    static Path realData(String name) {
        String named = System.getenv("GOSSAMER_DATA");
        Path root = named == null || named.isBlank()
                ? Path.of("..", "..", "shared", "data").toAbsolutePath().normalize()
                : Path.of("..").resolve(named).normalize();
        if (Files.isDirectory(root.resolve(name))) {
            return root;
        }
        String reason = "no data folder '" + name + "' in " + root + "; set GOSSAMER_DATA to the folder that has it";
        if (Boolean.getBoolean("gossamer.data.required")) {
            return fail(reason);
        }
        System.out.println("SKIPPED: " + reason);
        return Assumptions.abort(reason);
    }

    @Override
    public void close() {
        if (data != STROKES) {
            data.close();
        }
        choice.backend().close();
    }
}
