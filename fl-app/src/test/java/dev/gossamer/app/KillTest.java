package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs that are killed at any moment, as by kill -9, and go on: each ends with the model and the metrics of the run that nobody
 * killed. {@code -Dgossamer.kills=100} for as many, {@code -Dgossamer.kills.seed} for other moments.
 */
class KillTest {

    private static final int KILLS = Integer.getInteger("gossamer.kills", 5);
    private static final long SEED = Long.getLong("gossamer.kills.seed", 1);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @BeforeEach
    void writeData() throws IOException {
        TinyMnist.write(folder.resolve("data"));
    }

    @Test
    void aKilledRunGoesOnAsIfNothingHadBeen() throws Exception {
        Path whole = folder.resolve("whole");
        long start = System.nanoTime();
        finish(whole, train(whole));
        long nanos = System.nanoTime() - start;
        Random random = new Random(SEED);
        int early = 0;
        for (int i = 0; i < KILLS; i++) {
            Path out = folder.resolve("run-" + i);
            Duration after = Duration.ofNanos((long) (nanos * random.nextDouble()));
            Process run = ChildRun.start(folder.resolve("killed"), train(out));
            boolean ended = run.waitFor(after.toNanos(), TimeUnit.NANOSECONDS);
            run.destroyForcibly().waitFor();
            if (!ended) {
                early++;
                boolean begun = Files.exists(out.resolve("config.yaml"));
                finish(out, begun ? resume(out) : train(out, "--overwrite"));
            }
            assertSame(out, whole, "killed after " + after);
        }
        assertThat(early).as("runs killed before their end").isPositive();
    }

    private void finish(Path out, String... args) throws Exception {
        Path said = folder.resolve("said");
        Process run = ChildRun.start(said, args);
        assertThat(run.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(run.exitValue()).as(Files.readString(said)).isZero();
        assertThat(out.resolve("checkpoint")).doesNotExist();
    }

    /** Momentum that clients keep and clients that come and go: state of every kind. */
    private String[] train(Path out, String... more) {
        List<String> args = new ArrayList<>(List.of("train", "--out", out.toString(), "--dataset", "mnist"));
        args.addAll(List.of("--data", folder.resolve("data").toString(), "--clients", "6", "--participation", "0.5"));
        args.addAll(List.of("--rounds", "12", "--epochs", "3", "--batch", "4", "--momentum", "0.5"));
        args.addAll(List.of("--optimizer", "keep", "--method", "fedsparsify-global", "--lr", "0.05"));
        args.addAll(Arrays.asList(more));
        return args.toArray(String[]::new);
    }

    private String[] resume(Path out) {
        return new String[] {
            "resume", out.toString(), "--data", folder.resolve("data").toString()
        };
    }

    private static void assertSame(Path run, Path whole, String when) throws IOException {
        assertThat(run.resolve("model.safetensors"))
                .as(when)
                .hasSameBinaryContentAs(whole.resolve("model.safetensors"));
        assertThat(metrics(run)).as(when).isEqualTo(metrics(whole));
    }

    private static List<ObjectNode> metrics(Path run) throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
                .map(line -> (ObjectNode) JSON.readTree(line))
                .map(line -> line.remove(line.propertyNames().stream()
                        .filter(key -> key.endsWith("econds"))
                        .toList()))
                .toList();
    }
}
