package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.fl.run.ExperimentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whole runs on a data set of 200 images. */
@SuppressWarnings("try") // the property is there to be closed
class TrainTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path folder;

    @BeforeEach
    void writeData() throws IOException {
        TinyMnist.write(folder.resolve("data"));
    }

    /** A run of two short rounds in a folder; options given later win. */
    private Cli.Outcome train(Path out, String... options) {
        List<String> args = new ArrayList<>(List.of("train", "--out", out.toString(), "--dataset", "mnist"));
        args.addAll(List.of("--data", folder.resolve("data").toString(), "--clients", "4", "--lr", "0.1"));
        args.addAll(List.of("--rounds", "2", "--epochs", "1", "--batch", "16"));
        args.addAll(Arrays.asList(options));
        return Cli.run(args.toArray(String[]::new));
    }

    private Path trained(String name, String... options) {
        Path out = folder.resolve(name);
        Cli.Outcome outcome = train(out, options);
        assertThat(outcome.code()).as(outcome.err()).isZero();
        return out;
    }

    private static JsonNode json(Path file) throws IOException {
        return JSON.readTree(Files.readString(file));
    }

    private static Set<String> files(Path out) throws IOException {
        try (Stream<Path> entries = Files.list(out)) {
            return Set.copyOf(
                    entries.map(entry -> entry.getFileName().toString()).toList());
        }
    }

    @Test
    void aRunEndsInATableAndLeavesItsDirectory() throws IOException {
        Path out = folder.resolve("run");
        Cli.Outcome outcome = train(out);

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out().lines())
                .anyMatch(line -> line.matches("method +fedsparsify-global"))
                .anyMatch(line -> line.matches("parameters +11,829 of 118,282 are left: sparsity 0\\.9000"))
                .anyMatch(line -> line.matches("run directory +.*run"));
        assertThat(outcome.err().lines())
                .anyMatch(line -> line.startsWith("round   1/2  accuracy "))
                .anyMatch(line -> line.startsWith("round   2/2  accuracy "));
        assertThat(files(out))
                .containsExactlyInAnyOrder(
                        ".lock",
                        "config.yaml",
                        "manifest.json",
                        "metrics.jsonl",
                        "result.json",
                        "model.safetensors",
                        "report.html",
                        "plots",
                        "metrics.csv",
                        "events.out.tfevents.gossamer");
        assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(2);
    }

    @Test
    void theResultHasTheKeysThatProgramsReadAndTheSparsityAskedFor() throws IOException {
        Path out = trained("run", "--sparsity", "0.8");

        JsonNode result = json(out.resolve("result.json"));
        assertThat(result.propertyNames())
                .contains("method", "dataset", "backend", "rounds", "accuracy", "parameters", "nonZeroParameters")
                .contains("sparsity", "communicationPaperMillions", "bytesUp", "bytesDown", "wallSeconds")
                .contains("trainSeconds");
        assertThat(result.path("method").asString()).isEqualTo("fedsparsify-global");
        assertThat(result.path("parameters").asLong()).isEqualTo(118_282);
        assertThat(result.path("nonZeroParameters").asLong()).isEqualTo(118_282 - (int) (0.8 * 118_282));
        List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
        JsonNode last = JSON.readTree(lines.getLast());
        assertThat(last.path("sparsity").asDouble()).isEqualTo((double) (int) (0.8 * 118_282) / 118_282);
        long up = lines.stream()
                .mapToLong(line -> JSON.readTree(line).path("bytesUp").asLong())
                .sum();
        assertThat(result.path("bytesUp").asLong()).isEqualTo(up).isPositive();
    }

    @Test
    void jsonIsTheContentOfTheResultFileAndNothingElse() throws IOException {
        Path out = folder.resolve("run");
        Cli.Outcome outcome = train(out, "--json");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).isEqualTo(Files.readString(out.resolve("result.json")));
        assertThat(JSON.readTree(outcome.out()).path("rounds").asInt()).isEqualTo(2);
    }

    @Test
    void quietSaysNothingButTheResult() {
        Cli.Outcome outcome = train(folder.resolve("run"), "--quiet");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).contains("accuracy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu-vector", "reference"})
    void thePropertyChoosesTheBackend(String name) throws IOException {
        try (BackendProperty property = BackendProperty.set(name)) {
            assertBackend(trained("run"), name, "system property gossamer.backend");
        }
    }

    @Test
    void theOptionWinsOverTheProperty() throws IOException {
        try (BackendProperty property = BackendProperty.set("cpu-vector")) {
            assertBackend(trained("run", "--backend", "reference"), "reference", "asked for by argument");
        }
    }

    @Test
    void withoutEitherTheBestIsTakenAndOneLineSaysWhyNotCuda() throws IOException {
        Unavailable why = Cuda.refusalOrSkip();
        try (BackendProperty property = BackendProperty.unset()) {
            Path out = trained("run");
            assertBackend(out, "cpu-vector", "chosen automatically");
            assertThat(json(out.resolve("manifest.json"))
                            .path("backend")
                            .path("explanation")
                            .asString())
                    .startsWith("Backend cpu-vector on ")
                    .endsWith("; not cuda: " + why.reason() + ")")
                    .hasLineCount(1);
        }
    }

    private static void assertBackend(Path out, String name, String source) throws IOException {
        JsonNode result = json(out.resolve("result.json"));
        assertThat(result.path("backend").asString()).isEqualTo(name);
        assertThat(result.path("backendSource").asString()).isEqualTo(source);
        JsonNode manifest = json(out.resolve("manifest.json")).path("backend");
        assertThat(manifest.path("name").asString()).isEqualTo(name);
        assertThat(manifest.path("source").asString()).isEqualTo(source);
    }

    @Test
    void backendsAgreeOnWhatIsLearned() throws IOException {
        Path vector = trained("vector", "--backend", "cpu-vector", "--rounds", "3");
        Path reference = trained("reference", "--backend", "reference", "--rounds", "3");

        assertThat(json(vector.resolve("result.json")).path("lastLoss").asDouble())
                .isCloseTo(
                        json(reference.resolve("result.json")).path("lastLoss").asDouble(),
                        org.assertj.core.data.Offset.offset(1e-2));
    }

    @Test
    void theSameSeedGivesTheSameModelWhateverTheThreads() throws IOException {
        byte[] model = model(trained("first", "--threads", "1"));

        assertThat(model(trained("again", "--threads", "1"))).isEqualTo(model);
        assertThat(model(trained("two", "--threads", "2"))).isEqualTo(model);
        assertThat(model(trained("other", "--threads", "1", "--seed", "7"))).isNotEqualTo(model);
    }

    private static byte[] model(Path out) throws IOException {
        return Files.readAllBytes(out.resolve("model.safetensors"));
    }

    @Test
    void optionsWinOverTheExperimentAndTheRestStays() throws IOException {
        Path yaml = Files.writeString(
                folder.resolve("experiment.yaml"), "method: fedavg\nmodel: linear\nrounds: 5\nweightDecay: 0.001\n");
        Path out = trained("run", yaml.toString());

        ExperimentConfig config = ExperimentConfig.resolve(out.resolve("config.yaml"), Map.of());
        assertThat(config.method()).isEqualTo("fedavg");
        assertThat(config.model()).isEqualTo("linear");
        assertThat(config.rounds()).isEqualTo(2);
        assertThat(config.weightDecay()).isEqualTo(0.001);
    }

    @Test
    void ofTwoValuesForAnOptionTheLastCountsAndTheOtherOptionsStay() throws IOException {
        Path out = trained("run", "--rounds", "9", "--rounds", "1");

        ExperimentConfig config = ExperimentConfig.resolve(out.resolve("config.yaml"), Map.of());
        assertThat(config.rounds()).isEqualTo(1);
        assertThat(config.dataset()).isEqualTo("mnist");
        assertThat(config.batch()).isEqualTo(16);
        assertThat(config.lr()).isEqualTo(0.1);
    }

    @Test
    void aRunsOwnConfigurationRepeatsIt() throws IOException {
        Path first = trained("first", "--sparsity", "0.7", "--momentum", "0.5", "--partition", "label-blocks:2");
        Path again = folder.resolve("again");
        Cli.Outcome outcome = Cli.run(
                "train",
                first.resolve("config.yaml").toString(),
                "--data",
                folder.resolve("data").toString(),
                "--out",
                again.toString());

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(model(again)).isEqualTo(model(first));
    }

    @Test
    void aFolderWithSomethingInItIsRefused() throws IOException {
        Path out = trained("run");
        String result = Files.readString(out.resolve("result.json"));
        Cli.Outcome outcome = train(out, "--seed", "7");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(out.toString(), "not empty", "--overwrite");
        assertThat(out.resolve("result.json")).hasContent(result);
    }

    @Test
    void overwriteReplacesARunAndNothingElse() throws IOException {
        Path out = trained("run");
        Path notes = Files.writeString(out.resolve("notes.txt"), "mine");
        Cli.Outcome outcome = train(out, "--overwrite", "--rounds", "1");

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(json(out.resolve("result.json")).path("rounds").asInt()).isEqualTo(1);
        assertThat(Files.readAllLines(out.resolve("metrics.jsonl"))).hasSize(1);
        assertThat(notes).hasContent("mine");
    }

    @Test
    void overwriteLeavesAFolderAloneThatIsNoRun() throws IOException {
        Path out = Files.createDirectories(folder.resolve("project"));
        Path config = Files.writeString(out.resolve("config.yaml"), "precious: yes\n");
        Path manifest = Files.writeString(out.resolve("manifest.json"), "{\"name\": \"a web application\"}");
        Cli.Outcome outcome = train(out, "--overwrite");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("--overwrite", out.toString(), "is not a run of Gossamer");
        assertThat(config).hasContent("precious: yes\n");
        assertThat(files(out)).containsExactlyInAnyOrder("config.yaml", "manifest.json");
        assertThat(manifest).isNotEmptyFile();
    }

    @Test
    void overwriteTakesFoldersThatAreNewOrEmpty() throws IOException {
        trained("new", "--overwrite");
        Files.createDirectories(folder.resolve("empty"));
        trained("empty", "--overwrite");
    }

    @Test
    void aFileIsNoRunDirectory() throws IOException {
        Path out = Files.writeString(folder.resolve("file"), "text");
        Cli.Outcome outcome = train(out, "--overwrite");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(out.toString(), "is a file");
        assertThat(out).hasContent("text");
    }

    @Test
    void refusedSettingsLeaveARunThatIsToBeOverwrittenAsItIs() throws IOException {
        Path out = trained("run");
        byte[] before = model(out);
        Cli.Outcome outcome = train(out, "--overwrite", "--partition", "label-blocks:7");

        assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
        assertThat(model(out)).isEqualTo(before);
    }

    @Test
    void aRunThatFailsSaysWhyAndWhatIsLeft() throws IOException {
        Path out = folder.resolve("run");
        Cli.Outcome outcome = train(out, "--lr", "1000", "--rounds", "5", "--clients", "1");

        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .contains("the run failed; go on with: gossamer resume " + out)
                .contains("is NaN", "a smaller learning rate may help", "--verbose")
                .doesNotContain("\tat ");
        assertThat(files(out)).containsExactlyInAnyOrder(".lock", "config.yaml", "manifest.json", "metrics.jsonl");
    }

    @Test
    void aRunWhoseTuningTheBackendRefusesDoesNotGoOnAndSaysWhereThatIs() throws IOException {
        Path out = folder.resolve("run");
        train(out, "--lr", "1000", "--rounds", "5", "--clients", "1", "--backend", "cpu-vector");
        Path manifest = out.resolve("manifest.json");
        Files.writeString(
                manifest,
                Files.readString(manifest).replaceFirst("\"panel.columns\" : [0-9.]+", "\"panel.columns\" : 17"));

        Cli.Outcome outcome = Cli.run(
                "resume", out.toString(), "--data", folder.resolve("data").toString());

        assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
        assertThat(outcome.err())
                .contains("The run in " + out + " cannot go on", "panel.columns must be one of [16, 32, 64], got 17")
                .contains(manifest.toString())
                .doesNotContain("--verbose");
    }

    /** The claim of the embedded data set, in a shorter run than the default. On the fast backend, whatever the build asks. */
    @Test
    void ninetyPercentSparseBeatsDenseLinearOnStrokes() throws IOException {
        String[] shared = {
            "--dataset=strokes", "--clients=10", "--batch=32", "--epochs=2", "--rounds=8", "--backend=cpu-vector"
        };
        String[] sparse = Stream.concat(Arrays.stream(shared), Stream.of("--momentum=0.5"))
                .toArray(String[]::new);
        String[] linear = Stream.concat(Arrays.stream(shared), Stream.of("--method=fedavg", "--model=linear"))
                .toArray(String[]::new);
        JsonNode mlp = json(trained("mlp", sparse).resolve("result.json"));

        assertThat(mlp.path("nonZeroParameters").asLong()).isEqualTo(11_829);
        assertThat(mlp.path("lastAccuracy").asDouble())
                .isGreaterThan(0.05
                        + json(trained("linear", linear).resolve("result.json"))
                                .path("lastAccuracy")
                                .asDouble());
    }

    @Test
    void runsThatBeginAtOnceGetDirectoriesOfTheirOwn() throws Exception {
        int runs = 16;
        CountDownLatch begin = new CountDownLatch(runs);
        List<Future<Path>> claims = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(runs)) {
            for (int i = 0; i < runs; i++) {
                claims.add(pool.submit(() -> {
                    begin.countDown();
                    begin.await();
                    return OutputFolder.claim(folder.resolve("runs"), "fedavg");
                }));
            }
        }
        Set<Path> claimed = new HashSet<>();
        for (Future<Path> claim : claims) {
            claimed.add(claim.get());
        }

        assertThat(claimed)
                .hasSize(runs)
                .allSatisfy(path -> assertThat(path)
                        .isEmptyDirectory()
                        .satisfies(made ->
                                assertThat(made.getFileName().toString()).matches("\\d{8}-\\d{6}-fedavg(-\\d+)?")));
    }

    @Test
    void aPlaceWhereNoDirectoryCanBeMadeIsNamedWithTheRemedy() throws IOException {
        Path file = Files.createFile(folder.resolve("runs"));

        assertThatThrownBy(() -> OutputFolder.claim(file, "fedavg"))
                .isInstanceOf(UsageException.class)
                .hasMessageContainingAll(file.toString(), "--out");
    }
}
