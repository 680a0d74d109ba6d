package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RunListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a mirror keeps, refuses and gives back; files are made up, as it looks into no file but the manifest. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RunMirrorTest {

    private static final List<String> RUN = List.of(
            "config.yaml",
            "manifest.json",
            "metrics.jsonl",
            "checkpoint/client-3-sgd-2.memory",
            "checkpoint/round-1.checkpoint",
            "checkpoint/round-2.checkpoint",
            "plots/accuracy.png");

    @TempDir
    private Path folder;

    private Dataset data;
    private Experiment experiment;
    private Path mirrored;
    private Path directory;

    @BeforeAll
    void prepare() {
        ExperimentConfig config = ExperimentConfig.resolve(null, Map.of("clients", "2", "rounds", "1"));
        data = DataSource.load("strokes", Path.of(""));
        experiment = Experiment.prepare(config, data, Backends.open("cpu-vector", BackendOptions.defaults()), 1);
    }

    @AfterAll
    void close() {
        data.close();
        experiment.backend().backend().close();
    }

    @BeforeEach
    void begin() throws IOException {
        mirrored = Files.createTempDirectory(folder, "mirror");
        directory = run("run", "2026-11-28T04:00:00Z");
    }

    private Path run(String name, String started) throws IOException {
        Path made = Files.createTempDirectory(folder, name);
        for (String file : RUN) {
            Path path = made.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, name + " " + file);
        }
        Files.writeString(made.resolve("manifest.json"), "{\"started\": \"" + started + "\", \"gossamer\": \"0.1\"}");
        return made;
    }

    private RunMirror mirror(boolean overwrite) {
        return new RunMirror(mirrored.toUri().toString(), new Configuration(), overwrite);
    }

    private void keep(Path of, boolean overwrite) {
        RunListener keeper = mirror(overwrite).keeper(of);
        keeper.started(experiment);
    }

    /** Without the checksums that Hadoop's local file system puts beside. */
    private static Map<String, String> contents(Path root) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.toString().endsWith(".crc")) {
                    found.put(root.relativize(file).toString(), Files.readString(file));
                }
            }
        }
        return found;
    }

    @Test
    void itKeepsWhatARunWrites() throws IOException {
        Files.writeString(directory.resolve("notes.txt"), "mine");
        Files.writeString(directory.resolve(".metrics.jsonl.77.tmp"), "half");
        keep(directory, false);
        assertThat(contents(mirrored).keySet()).containsExactlyInAnyOrderElementsOf(RUN);
        Files.delete(directory.resolve("checkpoint/round-1.checkpoint"));
        keep(directory, false);
        assertThat(contents(mirrored)).doesNotContainKey("checkpoint/round-1.checkpoint");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "notes.txt",
                "papers/thesis.tex",
                "manifest.json",
                "config.yaml",
                "checkpoint/model.pt",
                "plots/a.png"
            })
    void aFolderWithOtherFilesIsRefusedAndUntouched(String name) throws IOException {
        Path file = mirrored.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{}");
        for (boolean overwrite : new boolean[] {false, true}) {
            assertThatThrownBy(() -> mirror(overwrite).check(""))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(name.replaceFirst("/.*", ""))
                    .hasMessageContaining("give a folder that is new or empty");
            assertThatThrownBy(() -> keep(directory, overwrite)).isInstanceOf(ConfigException.class);
        }
        assertThat(contents(mirrored)).containsOnlyKeys(name);
    }

    @Test
    void anotherRunIsReplacedWhereThatIsAskedForOnly() throws IOException {
        Path other = run("other", "2026-11-27T04:00:00Z");
        Files.writeString(other.resolve("checkpoint/round-9.checkpoint"), "nine");
        keep(other, false);
        Files.writeString(mirrored.resolve("notes.txt"), "mine");
        Map<String, String> before = contents(mirrored);
        assertThatThrownBy(() -> mirror(false).check(""))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("holds another run, which began at 2026-11-27T04:00:00Z")
                .hasMessageContaining("--overwrite");
        assertThatThrownBy(() -> keep(directory, false)).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> mirror(false).restore(directory)).isInstanceOf(ConfigException.class);
        assertThat(contents(mirrored)).isEqualTo(before);

        mirror(true).check("");
        keep(directory, true);

        Map<String, String> expected = new TreeMap<>(contents(directory));
        expected.put("notes.txt", "mine");
        assertThat(contents(mirrored)).isEqualTo(expected);
    }

    /** Those of other programs, in folders of the same names. */
    @Test
    void filesThatNoRunWritesStay() throws IOException {
        keep(directory, false);
        for (String name : List.of("checkpoint/model.pt", "checkpoint/round-best.checkpoint", "plots/notes.txt")) {
            Files.writeString(mirrored.resolve(name), "mine");
        }
        Map<String, String> before = contents(mirrored);
        keep(directory, false);
        assertThat(contents(mirrored)).isEqualTo(before);
        Path back = Files.createTempDirectory(folder, "back");
        mirror(false).restore(back);
        assertThat(contents(back)).isEqualTo(contents(directory));
    }

    /** A first copy that broke off before its first file was there can be nobody's loss. */
    @Test
    void aCopyThatBrokeOffIsGoneOnWith() throws IOException {
        Files.writeString(mirrored.resolve("manifest.json.copying"), "half");
        assertThatCode(() -> mirror(false).check("")).doesNotThrowAnyException();
        keep(directory, false);
        assertThat(contents(mirrored)).isEqualTo(contents(directory));
    }

    /** Else its checkpoints would be gone on with under another configuration. */
    @Test
    void ofARunThatIsReplacedNothingIsLeftBesideTheNewOne() throws IOException {
        Path other = run("other", "2026-11-27T04:00:00Z");
        keep(other, false);
        Files.createDirectories(mirrored.resolve("config.yaml.copying/in the way"));
        assertThatThrownBy(() -> keep(directory, true)).isInstanceOf(UncheckedIOException.class);
        assertThat(contents(mirrored).values()).noneMatch(content -> content.startsWith("other"));
    }

    @Test
    void nothingComesBackFromAFolderWithoutARun() throws IOException {
        Files.writeString(mirrored.resolve("config.yaml"), "another program's");
        Path back = Files.createTempDirectory(folder, "back");
        mirror(false).restore(back);
        assertThat(back).isEmptyDirectory();
    }

    /** Names say nothing: another program's folder has files of the same ones. */
    @Test
    void aRestoreReplacesNoFileOfOthers() throws IOException {
        keep(directory, false);
        for (String name : RUN) {
            Path back = Files.createTempDirectory(folder, "back");
            Path mine = back.resolve(name);
            Files.createDirectories(mine.getParent());
            Files.writeString(mine, "{\"mine\": true}");
            assertThatThrownBy(() -> mirror(false).restore(back))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(mine.toString())
                    .hasMessageContaining("new or empty");
            assertThat(contents(back)).as(name).isEqualTo(Map.of(name, "{\"mine\": true}"));
        }
    }

    /** What a run began with is there before the configuration that asks for it. */
    @Test
    void aCopyThatBreaksOffHasNoConfigurationWithoutWhatItNames() throws IOException {
        Files.writeString(directory.resolve("init.safetensors"), "theta");
        Files.copy(directory.resolve("manifest.json"), mirrored.resolve("manifest.json"));
        Files.createDirectories(mirrored.resolve("init.safetensors.copying/in the way"));
        assertThatThrownBy(() -> keep(directory, false)).isInstanceOf(UncheckedIOException.class);
        assertThat(contents(mirrored)).doesNotContainKey("config.yaml");
    }

    /** Its checkpoint is written when the last round has been told of. */
    @Test
    void theCheckpointOfARunThatEndsEarlyIsKept() throws IOException {
        RunListener keeper = mirror(false).keeper(directory);
        keeper.started(experiment);
        Files.writeString(directory.resolve("checkpoint/round-3.checkpoint"), "three");
        keeper.halted();
        assertThat(contents(mirrored)).isEqualTo(contents(directory));
    }

    /** A file that stands where a folder has to be stops it at each of the files in turn. */
    @Test
    void aRestoreThatBreaksOffCanBeDoneAgain() throws IOException {
        keep(directory, false);
        Map<String, String> whole = contents(mirrored);
        for (String broken : RUN) {
            Path back = Files.createTempDirectory(folder, "back");
            Path obstacle = back.resolve(broken);
            Files.createDirectories(obstacle.resolve("in the way"));
            assertThatThrownBy(() -> mirror(false).restore(back)).isInstanceOf(UncheckedIOException.class);
            assertThat(back.resolve("manifest.json").toFile().isFile())
                    .as(broken)
                    .isFalse();
            Files.delete(obstacle.resolve("in the way"));
            Files.delete(obstacle);
            mirror(false).restore(back);
            assertThat(contents(back)).as(broken).isEqualTo(whole);
        }
    }

    @Test
    void aRunThatIsThereIsLeftAlone() throws IOException {
        keep(directory, false);
        Files.writeString(directory.resolve("metrics.jsonl"), "newer");
        mirror(false).restore(directory);
        assertThat(directory.resolve("metrics.jsonl")).hasContent("newer");
    }
}
