package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.run.ExperimentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** A run that is told to stop, in a JVM of its own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has no signal that lets a JVM run its hooks")
class InterruptionTest {

    @TempDir
    Path folder;

    @Test
    void whatWasDoneIsThereAndReadable() throws Exception {
        TinyMnist.write(folder.resolve("data"));
        Path out = folder.resolve("run");
        Path said = folder.resolve("stderr");
        Process run = start(out, said);
        try {
            await(out.resolve("metrics.jsonl"), run);
            run.destroy();
            assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            run.destroyForcibly();
        }

        // 128 + SIGTERM; Ctrl-C sends SIGINT, which this JVM's parent may have told it to ignore.
        assertThat(run.exitValue()).isEqualTo(143);
        assertThat(said).content().contains("gossamer: interrupted; " + out);
        assertThat(ExperimentConfig.resolve(out.resolve("config.yaml"), Map.of())
                        .rounds())
                .isEqualTo(1_000_000);
        JsonMapper json = JsonMapper.builder().build();
        assertThat(json.readTree(Files.readString(out.resolve("manifest.json"))).has("backend"))
                .isTrue();
        List<String> lines = Files.readAllLines(out.resolve("metrics.jsonl"));
        for (int i = 0; i < lines.size(); i++) {
            assertThat(json.readTree(lines.get(i)).path("round").asInt()).isEqualTo(i + 1);
        }
        assertThat(out.resolve("result.json")).doesNotExist();
    }

    private Process start(Path out, Path said) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        String tests = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", tests, Main.class.getName(), "train", "--model", "linear"));
        command.addAll(
                List.of("--dataset", "mnist", "--data", folder.resolve("data").toString()));
        command.addAll(List.of("--rounds", "1000000", "--out", out.toString()));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(said.toFile())
                .start();
    }

    /** Until the file has a line. */
    private static void await(Path file, Process run) throws Exception {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!Files.exists(file) || Files.size(file) == 0) {
            assertThat(run.isAlive()).isTrue();
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }
}
