package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.run.ExperimentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
        TinyMnist.write(folder.resolve("its data"));
        Path out = folder.resolve("a run");
        Path said = folder.resolve("stderr");
        Process run = start(out, said, "1000000");
        try {
            await(out.resolve("metrics.jsonl"), run);
            run.destroy();
            assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            run.destroyForcibly();
        }

        // 128 + SIGTERM; Ctrl-C sends SIGINT, which this JVM's parent may have told it to ignore.
        assertThat(run.exitValue()).isEqualTo(143);
        assertThat(said)
                .content()
                .contains("gossamer: stopping the clients at work")
                .containsPattern("gossamer: interrupted after round \\d+; go on with: gossamer resume '" + out
                        + "' --data '" + folder.resolve("its data") + "'");
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

    /** After a round: whoever makes its tables has opened and closed the metrics in the process that runs it. */
    @Test
    void aRunThatGoesOnIsRefusedToOthers() throws Exception {
        TinyMnist.write(folder.resolve("its data"));
        Path out = folder.resolve("run");
        Process run = start(out, folder.resolve("stderr"), "1000000");
        try {
            await(out.resolve("metrics.csv"), run);
            String data = "--data=" + folder.resolve("its data");
            for (String[] other : new String[][] {
                {"resume", out.toString(), data}, {"train", "--dataset=mnist", data, "--overwrite", "--out=" + out}
            }) {
                Cli.Outcome outcome = Cli.run(other);
                assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
                assertThat(outcome.err()).contains("Run directory " + out + " is in use");
            }
        } finally {
            run.destroyForcibly().waitFor();
        }
    }

    private Process start(Path out, Path said, String rounds) throws IOException {
        String data = folder.resolve("its data").toString();
        return ChildRun.start(
                said,
                "train",
                "--model",
                "linear",
                "--dataset",
                "mnist",
                "--data",
                data,
                "--rounds",
                rounds,
                "--out",
                out.toString());
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
