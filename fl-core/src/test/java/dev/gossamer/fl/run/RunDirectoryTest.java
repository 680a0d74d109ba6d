package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run directory gives up and what it leaves alone, wherever a process ends; files are made up. */
class RunDirectoryTest {

    private static final String MANIFEST = "{\"gossamer\": \"0.1\", \"backend\": {\"name\": \"cpu-vector\"}}";

    @TempDir
    Path folder;

    private Path run(String config) throws IOException {
        Path run = Files.createTempDirectory(folder, "run");
        for (String name : List.of(
                "metrics.jsonl",
                "result.json",
                "model.safetensors",
                "init.safetensors",
                "report.html",
                "metrics.csv",
                "events.out.tfevents.gossamer",
                "plots/accuracy.png",
                "checkpoint/round-1.checkpoint",
                "checkpoint/client-3-momentum-1.memory",
                "checkpoint/.round-2.checkpoint.77.tmp")) {
            Files.createDirectories(run.resolve(name).getParent());
            Files.writeString(run.resolve(name), name);
        }
        Files.writeString(run.resolve("config.yaml"), config);
        Files.writeString(run.resolve("manifest.json"), MANIFEST);
        return run;
    }

    private static List<String> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }

    /** A folder that stands where a file was stops it at each of them in turn. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "result.json",
                "checkpoint/round-1.checkpoint",
                "plots/accuracy.png",
                "model.safetensors",
                "init.safetensors",
                "report.html",
                "metrics.csv"
            })
    void anOverwriteThatBreaksOffCanBeDoneAgain(String name) throws IOException {
        Path run = run("method: fedavg\n");
        Path obstacle = run.resolve(name);
        Files.delete(obstacle);
        Path inTheWay = Files.createDirectories(obstacle.resolve("in the way"));
        assertThatThrownBy(() -> RunDirectory.create(run, true)).isInstanceOf(RuntimeException.class);
        assertThat(run.resolve("result.json").toFile().isFile())
                .as("no run that lacks files passes for a complete one")
                .isFalse();

        Files.delete(inTheWay);
        Files.delete(obstacle);
        RunDirectory.create(run, true).close();
        assertThat(list(run)).containsExactlyInAnyOrder(".lock", "metrics.jsonl");
    }

    @Test
    void whatOthersPutAmongCheckpointsAndPicturesStays() throws IOException {
        Path run = run("method: fedavg\n");
        for (String name : List.of("checkpoint/model.pt", "checkpoint/best/round-1.checkpoint", "plots/notes.txt")) {
            Files.createDirectories(run.resolve(name).getParent());
            Files.writeString(run.resolve(name), "mine");
        }
        RunDirectory.create(run, true).close();
        assertThat(list(run.resolve("checkpoint"))).containsExactlyInAnyOrder("model.pt", "best");
        assertThat(list(run.resolve("plots"))).containsExactly("notes.txt");
        assertThat(list(run)).containsExactlyInAnyOrder(".lock", "metrics.jsonl", "checkpoint", "plots");
    }

    @ParameterizedTest
    @ValueSource(strings = {"init.safetensors", "manifest.json", "metrics.jsonl", "report.html", "checkpoint/model.pt"})
    void aFileOfTheSameNameMakesNoRun(String name) throws IOException {
        for (String content : List.of("not JSON", "[1]", "{\"name\": \"a web application\"}")) {
            Path other = Files.createTempDirectory(folder, "other");
            Path file = other.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
            assertThat(RunDirectory.isBarelyBegun(other)).as(content).isFalse();
            assertThatThrownBy(() -> RunDirectory.create(other, true))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("is not a run of Gossamer");
            assertThat(file).hasContent(content);
        }
    }

    @Test
    void whatARunLeavesThatIsKilledBeforeItsConfigurationIsOverwritten() throws IOException {
        Path begun = Files.createDirectories(folder.resolve("begun"));
        Files.writeString(begun.resolve("metrics.jsonl"), "");
        assertThat(RunDirectory.isBarelyBegun(begun)).isTrue();
        Files.writeString(begun.resolve("manifest.json"), MANIFEST);
        Files.writeString(begun.resolve("init.safetensors"), "theta");
        Files.writeString(begun.resolve(".config.yaml.77.tmp"), "meth");
        assertThat(RunDirectory.isBarelyBegun(begun)).isTrue();
        assertThat(StoredRun.isIn(begun)).isFalse();
        RunDirectory.create(begun, true).close();
        assertThat(list(begun)).containsExactlyInAnyOrder(".lock", "metrics.jsonl");
    }

    /** Weights that are drawn in their place would make it another run. */
    @Test
    void aRunThatLacksWhatItBeganWithIsNotGoneOnWith() throws IOException {
        Path run = run("init: start.safetensors\n");
        Files.delete(run.resolve("init.safetensors"));
        assertThatCode(() -> StoredRun.of(run)).as("one that is complete").doesNotThrowAnyException();
        Files.delete(run.resolve("result.json"));
        assertThatThrownBy(() -> StoredRun.of(run))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("has no init.safetensors")
                .hasMessageContaining("put a copy of start.safetensors there");
    }
}
