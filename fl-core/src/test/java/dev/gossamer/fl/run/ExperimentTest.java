package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.sparsity.PruningSchedule;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Whole runs: what a configuration leaves in its directory. */
class ExperimentTest extends BackendRuns {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PARAMETERS = 25 * 128 + 128 + 128 * 128 + 128 + 128 * 4 + 4;

    ExperimentTest(String name) {
        super(name);
    }

    @Test
    void aRunLeavesADirectoryThatSaysEverything() throws IOException {
        List<RoundMetrics> heard = new ArrayList<>();
        Path out = folder.resolve("deep/run");
        RunResult result = run(Map.of("participation", "0.5"), out, 2, heard);

        assertThat(list(out))
                .containsExactlyInAnyOrder(
                        ".lock", "config.yaml", "manifest.json", "metrics.jsonl", "model.safetensors", "result.json");
        assertThat(ExperimentConfig.resolve(out.resolve("config.yaml"), Map.of()))
                .isEqualTo(config(Map.of("participation", "0.5")));
        JsonNode manifest = json(out.resolve("manifest.json"));
        assertThat(manifest.get("seed").asLong()).isEqualTo(1990);
        assertThat(manifest.get("threads").asInt()).isEqualTo(2);
        assertThat(manifest.get("backend").get("name").asString()).isEqualTo(name);
        assertThat(manifest.get("backend").get("source").asString()).isEqualTo("asked for by argument");
        assertThat(manifest.get("dataset").get("train").asInt()).isEqualTo(TestData.TRAIN);
        assertThat(manifest.get("dataset").get("extent").asString()).isEqualTo("all of it");
        assertThat(manifest.get("dataset").get("scale").get(0).asDouble()).isEqualTo(1.0 / 256);

        assertThat(manifest.get("trainingMemory").get("heldBytes").asLong()).isPositive();
        assertThat(manifest.get("trainingMemory").get("expectedBytes").asLong()).isPositive();

        checkMetrics(out, heard, result);
        assertThat(Files.readString(out.resolve("result.json"))).isEqualTo(result.toJson());
        checkModel(out, result);
    }

    private static void checkMetrics(Path out, List<RoundMetrics> heard, RunResult result) throws IOException {
        List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
        assertThat(lines).hasSize(4);
        PruningSchedule schedule = PruningSchedule.cubic(0.9, 4);
        PaperAccounting accounting = new PaperAccounting(PARAMETERS);
        long up = 0;
        for (int i = 0; i < 4; i++) {
            JsonNode line = JSON.readTree(lines.get(i));
            long kept = schedule.keptAt(i + 1, PARAMETERS);
            accounting.addRound(3, kept);
            assertThat(line.get("round").asInt()).isEqualTo(i + 1);
            assertThat(line.get("nonZeroParameters").asLong()).isEqualTo(kept);
            assertThat(line.get("sparsity").asDouble()).isEqualTo((double) (PARAMETERS - kept) / PARAMETERS);
            assertThat(line.get("communicationPaperMillions").asLong())
                    .isEqualTo(accounting.millions(PaperAccounting.PARAMETERS));
            assertThat(line.get("cohort").size()).isEqualTo(3);
            assertThat(line.get("layers").get("fc1.weight").get("parameters").asLong())
                    .isEqualTo(25 * 128);
            assertThat(line.get("accuracy").asDouble()).isEqualTo(heard.get(i).accuracy());
            up += line.get("bytesUp").asLong();
        }
        assertThat(result.bytesUp()).isEqualTo(up);
        assertThat(result.rounds()).isEqualTo(4);
        assertThat(result.accuracyRounds()).isEqualTo(4);
        assertThat(result.accuracy())
                .isCloseTo(heard.stream().mapToDouble(RoundMetrics::accuracy).sum() / 4, within(1e-12));
        assertThat(result.lastAccuracy()).isEqualTo(heard.getLast().accuracy());
        assertThat(result.communicationPaperMillions()).isEqualTo(accounting.millions(PaperAccounting.PARAMETERS));
    }

    private static void checkModel(Path out, RunResult result) throws IOException {
        Safetensors.Content model = Safetensors.read(out.resolve("model.safetensors"));
        assertThat(model.tensors().stream().map(SafeTensor::name))
                .containsExactlyInAnyOrder(
                        "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias");
        assertThat(model.tensor("fc1.weight").shape()).containsExactly(128L, 25L);
        long zeros = 0;
        for (SafeTensor tensor : model.tensors()) {
            for (float value : tensor.floats()) {
                zeros += value == 0 ? 1 : 0;
            }
        }
        assertThat(result.parameters()).isEqualTo(PARAMETERS);
        assertThat(result.nonZeroParameters()).isEqualTo(PARAMETERS - (long) (0.9 * PARAMETERS));
        assertThat(zeros).isEqualTo(PARAMETERS - result.nonZeroParameters());
    }

    @Test
    void theModelFileIsAFunctionOfTheConfiguration() throws IOException {
        run(Map.of(), folder.resolve("a"), 1, new ArrayList<>());
        run(Map.of(), folder.resolve("b"), 2, new ArrayList<>());
        run(Map.of("seed", "1991"), folder.resolve("c"), 1, new ArrayList<>());

        byte[] model = Files.readAllBytes(folder.resolve("a/model.safetensors"));
        assertThat(Files.readAllBytes(folder.resolve("b/model.safetensors"))).isEqualTo(model);
        assertThat(Files.readAllBytes(folder.resolve("c/model.safetensors"))).isNotEqualTo(model);
    }

    @Test
    void aRunThatFailsKeepsWhatItHas() throws IOException {
        Path out = folder.resolve("diverged");
        assertThatThrownBy(() -> run(Map.of("lr", "1000", "sparsity", "0"), out, 1, new ArrayList<>()))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("Client");

        assertThat(list(out))
                .contains("config.yaml", "manifest.json", "metrics.jsonl")
                .doesNotContain("result.json", "model.safetensors");
    }

    @Test
    void aPartitionThatDoesNotFitIsRefusedBeforeAnythingIsWritten() {
        ExperimentConfig config = config(Map.of("partition", "label-blocks:5"));

        assertThatThrownBy(() -> Experiment.prepare(config, data, choice, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("partition")
                .hasMessageContaining("label-blocks:5");
        assertThatThrownBy(() -> Experiment.prepare(config(Map.of("clients", "1000")), data, choice, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("1000");
        assertThatThrownBy(() -> Experiment.prepare(config(Map.of("partition", "natural")), data, choice, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("partition is natural, clients is 6")
                .hasMessageContaining("does not say whom its samples come from");
        assertThatThrownBy(() -> Experiment.prepare(config(Map.of()), data, choice, 0))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("threads");
    }

    @Test
    void aModelThatCannotTakeTheSamplesIsRefusedBeforeAnythingIsWritten() {
        assertThatThrownBy(() -> Experiment.prepare(config(Map.of("model", "vgg16")), data, choice, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("model is vgg16")
                .hasMessageContaining("[1, 5, 5, 1]");
    }

    @Test
    void aMethodThatDoesNotFitTheModelIsRefusedBeforeAnythingIsWritten() {
        Map<String, String> tooSparse = Map.of("method", "feddst", "sparsity", "0.999");
        assertThatThrownBy(() -> Experiment.prepare(config(tooSparse), data, choice, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("method is feddst, but")
                .hasMessageContaining("model mlp")
                .hasMessageContaining("At sparsity 0.999 the layer of shape [128, 128]")
                .hasMessageContaining("lower sparsity");

        // An exchange prunes to .98 + .02 * .5, and only that is too much.
        Map<String, String> settings =
                Map.of("method", "feddst", "sparsity", "0.98", "adjustEvery", "1", "adjustFraction", "1");
        assertThatThrownBy(() -> Experiment.prepare(config(settings), data, choice, 1))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("At sparsity 0.99 the layer of shape [128, 128]");
    }

    /** Weights are drawn when the run begins, and not on machines to which they are sent. */
    @Test
    void noWeightIsDrawnToAskTheMethod() {
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Dataset strokes = DataSource.load("strokes", folder)) {
            for (String method : List.of("fedavg", "feddst", "fedavgm")) {
                ExperimentConfig config = config(Map.of("model", "cnn-femnist", "method", method));
                long before = memory.getCurrentThreadAllocatedBytes();
                Experiment experiment = Experiment.prepare(config, strokes, choice, 1);
                assertThat(memory.getCurrentThreadAllocatedBytes() - before)
                        .as(method)
                        .isLessThan(Float.BYTES * experiment.spec().parameterCount());
            }
        }
    }

    @Test
    void aFolderInUseIsRefusedUnlessItMayBeOverwritten() throws IOException {
        Path out = folder.resolve("run");
        run(Map.of(), out, 1, new ArrayList<>());
        Files.writeString(out.resolve("notes.txt"), "mine");

        assertThatThrownBy(() -> RunDirectory.create(out, false))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(out.toString())
                .hasMessageContaining("--overwrite");
        assertThat(list(out)).contains("result.json");
        RunDirectory.create(out, true).close();
        assertThat(list(out)).containsExactlyInAnyOrder(".lock", "metrics.jsonl", "notes.txt");
        assertThatThrownBy(() -> RunDirectory.create(folder, true))
                .as("a folder that holds something else than a run")
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("is not a run of Gossamer");
        assertThatThrownBy(() -> RunDirectory.create(out.resolve("notes.txt"), true))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("notes.txt");
    }

    private static ExperimentConfig config(Map<String, String> overrides) {
        Map<String, String> settings =
                new HashMap<>(Map.of("clients", "6", "rounds", "4", "epochs", "1", "batch", "8", "lr", "0.1"));
        settings.putAll(overrides);
        return ExperimentConfig.resolve(null, settings);
    }

    private RunResult run(Map<String, String> overrides, Path out, int threads, List<RoundMetrics> heard) {
        Experiment experiment = Experiment.prepare(config(overrides), data, choice, threads);
        RunListener listener = new RunListener() {
            @Override
            public void roundDone(RoundMetrics metrics) {
                heard.add(metrics);
            }
        };
        try (RunDirectory directory = RunDirectory.create(out, false)) {
            return experiment.run(directory, listener);
        }
    }

    private static List<String> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }

    private static JsonNode json(Path file) throws IOException {
        return JSON.readTree(Files.readString(file));
    }
}
