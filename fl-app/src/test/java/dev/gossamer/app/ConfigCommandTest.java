package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.MethodCatalog;
import dev.gossamer.fl.run.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {

    @TempDir
    Path folder;

    @Test
    void everyKeyIsExplained() {
        Cli.Outcome outcome = Cli.run("config", "--explain");

        assertThat(outcome.code()).isZero();
        for (Setting setting : ExperimentConfig.commonSettings()) {
            assertThat(outcome.out()).contains("  " + setting.key() + " ").contains(setting.description());
        }
        for (MethodCatalog.Entry method : MethodCatalog.all()) {
            for (Setting setting : method.options()) {
                assertThat(outcome.out()).contains(setting.description());
            }
        }
    }

    @Test
    void anExperimentIsShownAsItWouldRun() throws IOException {
        Path file = Files.writeString(folder.resolve("e.yaml"), "method: zerofl\nrounds: 7\n");

        Cli.Outcome outcome = Cli.run("config", file.toString(), "--set", "lr=0.25", "--set", "seed=3");

        assertThat(outcome.code()).as(outcome.err()).isZero();
        Path shown = Files.writeString(folder.resolve("shown.yaml"), outcome.out());
        assertThat(ExperimentConfig.resolve(shown, Map.of()))
                .isEqualTo(ExperimentConfig.resolve(file, Map.of("lr", "0.25", "seed", "3")));
    }

    @Test
    void whatIsWrongIsNamedWithFileAndLine() throws IOException {
        Path file = Files.writeString(folder.resolve("e.yaml"), "# a comment\nrounds: 7\n\nlr: fast\n");
        assertThat(Cli.run("config", file.toString()).err())
                .contains(file + ", line 4: lr is fast, but must be a number above 0");
        Files.writeString(file, "rounds: 7\nround: 8\n");
        assertThat(Cli.run("config", file.toString()).err()).contains(file + ", line 2: unknown key 'round'. Known: ");
        Files.writeString(file, "rounds: 7\nlr: [1, 2]\n");
        assertThat(Cli.run("config", file.toString()).err()).contains(file + ", line 2: lr must be a single value");
        Files.writeString(file, "rounds: 7\nrounds: 8\n");
        assertThat(Cli.run("config", file.toString()).err()).contains(file + ", line 2: ");
        assertThat(Cli.run("train", "--set", "rounds").err())
                .contains("--set' (KEY=VALUE): it takes KEY=VALUE, got 'rounds'");
        assertThat(Cli.run("train", "--set", "no.such=1").err()).contains("unknown key 'no.such'");
    }
}
