package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.TestData;
import dev.gossamer.fl.report.RunTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class RunRecordTest extends BackendRuns {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long PARAMETERS = 25 * 128 + 128 + 128 * 128 + 128 + 128 * 4 + 4;

    private Path out;

    RunRecordTest(String name) {
        super(name);
    }

    @BeforeEach
    void run() {
        out = folder.resolve("run");
        ExperimentConfig config = ExperimentConfig.resolve(
                null, Map.of("clients", "3", "rounds", "2", "epochs", "1", "batch", "8", "lr", "0.1"));
        Experiment experiment = Experiment.prepare(config, data, choice, 1);
        try (RunTables tables = new RunTables(out);
                RunDirectory directory = RunDirectory.create(out, false)) {
            experiment.run(directory, tables);
        }
    }

    @Test
    void itIsWhatTheDirectorySays() throws IOException {
        RunRecord run = RunRecord.of(out);

        assertThat(run.config()).isEqualTo(ExperimentConfig.resolve(out.resolve("config.yaml"), Map.of()));
        assertThat(run.machine())
                .containsEntry("backend name", name)
                .containsEntry("threads", "1")
                .containsKeys("started", "commit", "jdk", "cpu", "dataset train")
                .doesNotContainKeys("backend tuning", "seed", "model denseBytes");
        assertThat(run.started()).isAfter(java.time.Instant.EPOCH);
        assertThat(run.denseBytes()).isEqualTo(4 * PARAMETERS);
        assertThat(run.rounds()).extracting(RoundMetrics::round).containsExactly(1, 2);
        assertThat(run.result()).isNotNull();
        assertThat(run.result().toJson()).isEqualTo(Files.readString(out.resolve("result.json")));
    }

    @Test
    void labelsAreThoseThatWereDealt() {
        List<List<Integer>> labels = RunRecord.of(out).labels();

        assertThat(labels).hasSize(3).allSatisfy(counts -> assertThat(counts).hasSize(4));
        assertThat(labels.stream()
                        .flatMap(List::stream)
                        .mapToInt(Integer::intValue)
                        .sum())
                .isEqualTo(TestData.TRAIN);
        int[] perClass = new int[4];
        for (int label : data.train().labelArray()) {
            perClass[label]++;
        }
        for (int label = 0; label < 4; label++) {
            int which = label;
            assertThat(labels.stream().mapToInt(counts -> counts.get(which)).sum())
                    .isEqualTo(perClass[label]);
        }
    }

    @Test
    void aRunOfAnEarlierReleaseIsReadToo() throws IOException {
        Path manifest = out.resolve("manifest.json");
        ObjectNode tree = (ObjectNode) JSON.readTree(Files.readString(manifest));
        tree.remove(List.of("model", "clients", "started"));
        Files.writeString(manifest, JSON.writeValueAsString(tree));
        RunRecord run = RunRecord.of(out);

        assertThat(run.denseBytes()).isEqualTo(4 * PARAMETERS);
        assertThat(run.labels()).isEmpty();
        assertThat(run.started()).isEqualTo(java.time.Instant.EPOCH);
    }

    @Test
    void aLineThatIsBeingWrittenIsNoRoundYet() throws IOException {
        Files.delete(out.resolve("result.json"));
        Files.writeString(out.resolve("metrics.jsonl"), "{\"round\":3,\"ro", StandardOpenOption.APPEND);
        RunRecord run = RunRecord.of(out);

        assertThat(run.rounds()).hasSize(2);
        assertThat(run.result()).isNull();
    }

    @Test
    void damageIsToldWithFileAndLine() throws IOException {
        Files.writeString(out.resolve("metrics.jsonl"), "nonsense\n", StandardOpenOption.APPEND);
        assertThatThrownBy(() -> RunRecord.of(out))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("metrics.jsonl, line 3");
        Files.writeString(out.resolve("metrics.jsonl"), "");
        Files.writeString(out.resolve("result.json"), "[]");
        assertThatThrownBy(() -> RunRecord.of(out))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("result.json");
        assertThatThrownBy(() -> RunRecord.of(folder)).isInstanceOf(ConfigException.class);
    }

    @Test
    void tablesThatWereKeptAreThoseThatAreMadeAfterwards() throws IOException {
        byte[] table = Files.readAllBytes(out.resolve("metrics.csv"));
        byte[] events = Files.readAllBytes(out.resolve("events.out.tfevents.gossamer"));
        assertThat(new String(table, java.nio.charset.StandardCharsets.UTF_8).lines())
                .hasSize(3);
        RunTables.write(out, RunRecord.of(out));

        assertThat(out.resolve("metrics.csv")).hasBinaryContent(table);
        assertThat(out.resolve("events.out.tfevents.gossamer")).hasBinaryContent(events);
    }

    @Test
    void overwritingARunRemovesWhatWasMadeOfIt() throws IOException {
        Files.writeString(out.resolve("report.html"), "page");
        Files.createDirectories(out.resolve("plots"));
        Files.writeString(out.resolve("plots/accuracy.png"), "picture");
        Files.writeString(out.resolve("plots/mine.txt"), "mine");
        RunDirectory.create(out, true).close();

        assertThat(out).isDirectoryContaining("glob:**/metrics.jsonl");
        assertThat(out.toFile().list()).containsExactlyInAnyOrder(".lock", "metrics.jsonl", "plots");
        assertThat(out.resolve("plots").toFile().list()).containsExactly("mine.txt");
        Files.delete(out.resolve("plots/mine.txt"));
        RunDirectory.create(out, true).close();
        assertThat(out.toFile().list()).containsExactlyInAnyOrder(".lock", "metrics.jsonl");
    }
}
