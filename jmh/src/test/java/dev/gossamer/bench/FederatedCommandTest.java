package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.gossamer.bench.QuickCommandTest.Ran;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The federated run on images that are one bright row each, which tells the class. */
class FederatedCommandTest {

    private static final int SIDE = 28;
    private static final int CLASSES = 10;
    private static final int ROUNDS = 3;

    @TempDir
    private Path folder;

    @BeforeEach
    void writeImages() throws IOException {
        write("train", 400);
        write("t10k", 100);
    }

    private void write(String split, int count) throws IOException {
        SplittableRandom random = new SplittableRandom(count);
        ByteBuffer images = ByteBuffer.allocate(16 + count * SIDE * SIDE);
        images.putInt(0x803).putInt(count).putInt(SIDE).putInt(SIDE);
        ByteBuffer labels = ByteBuffer.allocate(8 + count);
        labels.putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            int label = i % CLASSES;
            for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
                images.put((byte) (random.nextInt(30) + (pixel / SIDE / 2 == label ? 200 : 0)));
            }
            labels.put((byte) label);
        }
        Files.write(folder.resolve(split + "-images-idx3-ubyte"), images.array());
        Files.write(folder.resolve(split + "-labels-idx1-ubyte"), labels.array());
    }

    private Ran run(String python, String... more) {
        String[] command = {
            "federated",
            "--data",
            folder.toString(),
            "--rounds",
            "" + ROUNDS,
            "--python",
            python,
            "--json",
            json().toString()
        };
        String[] all = Arrays.copyOf(command, command.length + more.length);
        System.arraycopy(more, 0, all, command.length, more.length);
        return QuickCommandTest.run(all);
    }

    private Path json() {
        return folder.resolve("federated.json");
    }

    private JsonNode row() throws IOException {
        JsonNode rows = JsonMapper.shared().readTree(Files.readString(json()));
        assertThat(rows.size()).isEqualTo(1);
        return rows.get(0);
    }

    @Test
    void withoutPyTorchThereIsNoRatio() throws IOException {
        Ran ran = run("none");
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode row = row();
        assertThat(row.path("name").asString())
                .isEqualTo("fedsparsify-global, fashion-mnist, sparsity 0.9, " + ROUNDS + " rounds");
        assertThat(row.path("value").asDouble()).isPositive();
        for (String key : new String[] {"peer", "peerValue", "ratio", "target"}) {
            assertThat(row.path(key).isNull()).as(key).isTrue();
        }
        // 400 samples, 40 a client: two steps of four epochs of ten clients.
        assertThat(ran.out())
                .contains("PyTorch is left out", (2 * 4 * 10 * ROUNDS) + " steps", "11,829 parameters left");
    }

    @Test
    void anInterpreterThatIsNamedHasPyTorch() {
        Ran ran = run("no-such-python");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("no-such-python", "--python");
        assertThat(json()).doesNotExist();
    }

    @Test
    void pyTorchTrainsTheSameModel() throws IOException {
        try {
            PyTorch.start(new PythonOption().interpreter(), "pytorch_federated.py")
                    .close();
        } catch (MissingPeerException e) {
            abort(e.getMessage());
        }
        Ran ran = run(new PythonOption().interpreter(), "--peer-rounds", "2");
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode row = row();
        assertThat(row.path("peer").asString()).isEqualTo("PyTorch dense, 2 processes, by 2 of " + ROUNDS + " rounds");
        assertThat(ran.out()).contains("computed from 2 that were run");
        assertThat(row.path("ratio").asDouble()).isPositive();
        assertThat(row.path("target").asDouble()).isEqualTo(6);
    }

    @Test
    void otherNumbersOfParametersAreRefused() {
        try (FederatedProblem problem = FederatedProblem.load(folder, ROUNDS)) {
            FederatedCell cell = new FederatedCell(problem, 1);
            double[] seconds = {1, 1, 1};
            FederatedRun ours = new FederatedRun(seconds, seconds, new long[] {9, 8, 7});
            FederatedRun other = new FederatedRun(seconds, seconds, new long[] {9, 7, 7});
            assertThatThrownBy(() -> cell.row(ours, other))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("round 2");
        }
    }

    @Test
    void badUseIsRefusedWithTheRemedy() {
        assertThat(run("no-such-python", "--threads", "0").code()).isEqualTo(2);
        assertThat(run("no-such-python", "--peer-rounds", "1").err()).contains("--peer-rounds is at least 2");
        Ran ran = QuickCommandTest.run(
                "federated", "--data", folder.resolve("absent").toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("train-images-idx3-ubyte", "--data");
    }
}
