package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.TuningTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuneTest {

    @TempDir
    Path folder;

    @Test
    void infoNamesTheEngineAndItsTable() {
        Cli.Outcome outcome = Cli.run("info", "--backend", "cpu-vector");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("cpu-vector", "Java " + Runtime.version(), "masked.density=");
    }

    @Test
    void anEntryIsMeasuredForEachValueAndOneIsChosen() {
        List<Tuner.Trial> trials = new ArrayList<>();
        TuningTable found = new Tuner("cpu-vector", new BackendOptions(1, TuningTable.EMPTY), 1, trials::add).run();

        assertThat(found.entries())
                .containsOnlyKeys(
                        "masked.density",
                        "convolution.masked.density",
                        "outer.product.density",
                        "whole.gradient.density",
                        "panel.columns",
                        "parallel.flops");
        assertThat(trials)
                .allSatisfy(trial -> assertThat(trial.relative()).isPositive().isFinite());
        for (Map.Entry<String, Double> entry : found.entries().entrySet()) {
            assertThat(trials)
                    .filteredOn(trial -> trial.entry().equals(entry.getKey()) && trial.chosen())
                    .singleElement()
                    .satisfies(trial -> assertThat(trial.value()).isEqualTo(entry.getValue()));
        }
    }

    /** Before minutes of measuring. */
    @Test
    void aTableThatCannotBeWrittenIsRefused() {
        Path file = folder.resolve("absent/tuning.properties");
        Cli.Outcome outcome = Cli.run("tune", "--backend", "cpu-vector", "--out", file.toString());
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("--out is " + file, "a folder that exists");
    }

    @Test
    void aTableThatWasWrittenIsTheOneInForce() throws IOException {
        Path file = folder.resolve("tuning.properties");
        new TuningTable(Map.of("panel.columns", 32.0)).store(file, "a test");

        Cli.Outcome outcome = Cli.run("info", "--backend", "cpu-vector", "--tuning", file.toString());

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("panel.columns=32.0", "masked.density=");
    }

    @Test
    void aBackendWithNothingToTuneIsRefused() {
        Path file = folder.resolve("tuning.properties");

        Cli.Outcome outcome = Cli.run("tune", "--backend", "reference", "--out", file.toString());

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("reference has nothing to tune", "--backend");
        assertThat(file).doesNotExist();
    }

    @Test
    void aFileThatIsNoTableIsLeftAlone() throws IOException {
        Path file = Files.writeString(folder.resolve("app.properties"), "url=https://example.org\n");

        Cli.Outcome outcome = Cli.run("tune", "--backend", "cpu-vector", "--out", file.toString());

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("--out is " + file, "no tuning table");
        assertThat(file).hasContent("url=https://example.org");
    }

    @Test
    void aTableThatIsNoneIsRefused() throws IOException {
        Path wrong = Files.writeString(folder.resolve("wrong.properties"), "panel.columns=many\n");
        Path unknown = Files.writeString(folder.resolve("unknown.properties"), "panel.rows=3\n");

        assertThat(Cli.run("info", "--tuning", folder.resolve("missing").toString()))
                .satisfies(outcome -> assertThat(outcome.code()).isEqualTo(2))
                .satisfies(outcome -> assertThat(outcome.err()).contains("--tuning", "missing"));
        assertThat(Cli.run("info", "--tuning", wrong.toString()))
                .satisfies(outcome -> assertThat(outcome.code()).isEqualTo(2))
                .satisfies(outcome -> assertThat(outcome.err()).contains("panel.columns", "many"));
        assertThat(Cli.run("info", "--backend", "cpu-vector", "--tuning", unknown.toString()))
                .satisfies(outcome -> assertThat(outcome.code()).isEqualTo(2))
                .satisfies(outcome -> assertThat(outcome.err()).contains("panel.rows", "panel.columns"));
    }
}
