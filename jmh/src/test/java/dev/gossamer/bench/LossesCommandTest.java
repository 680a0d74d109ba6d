package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.gossamer.bench.QuickCommandTest.Ran;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Few steps on random records. */
class LossesCommandTest {

    private static final int RECORD = 1 + 3 * 32 * 32;

    @TempDir
    private Path folder;

    @BeforeEach
    void writeRecords() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(records(3, 1));
        }
        Path data = Files.createDirectory(folder.resolve("cifar10"));
        Files.write(data.resolve("data_batch_1.bin"), records(4, 2));
        Files.write(data.resolve("data_batch_4.bin.gz"), packed.toByteArray());
        Files.write(data.resolve("test_batch.bin"), records(1, 3));
    }

    private static byte[] records(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = new byte[count * RECORD];
        random.nextBytes(bytes);
        for (int record = 0; record < count; record++) {
            bytes[record * RECORD] = (byte) random.nextInt(10);
        }
        return bytes;
    }

    private Ran run(String... more) {
        String[] command = {"losses", "--data", folder.toString(), "--batch", "3", "--rate", "1e-4", "--every", "1"};
        String[] all = Arrays.copyOf(command, command.length + more.length);
        System.arraycopy(more, 0, all, command.length, more.length);
        return QuickCommandTest.run(all);
    }

    private static void requirePyTorch() {
        try {
            PyTorch.start(new PythonOption().interpreter(), LossProblem.PROGRAM).close();
        } catch (MissingPeerException e) {
            abort(e.getMessage());
        }
    }

    /** Seven samples, and batches of three: the third one begins with the last sample and goes on with the first ones. */
    @Test
    void curvesOfTheCnnAgree() {
        requirePyTorch();
        Ran ran = run("--steps", "4");
        assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
        assertThat(ran.out()).contains("# commit", "# peer", "| 4 |", "The curves agree: 4 of 4 steps judged");
    }

    @Test
    void curvesOfTheResidualNetworkAgree() {
        requirePyTorch();
        Ran ran = run("--steps", "2", "--model", "resnet18");
        assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
        assertThat(ran.out()).contains("model=resnet18", "The curves agree: 2 of 2 steps judged");
    }

    /** A partial batch and patterns. One switched unit of so few is some hundredths; a wrong mask or order is all of it. */
    @Test
    void gradientsOfTheCnnAreNear() {
        requirePyTorch();
        Ran ran = run("--tensors", "1", "--batch", "2", "--capacity", "5", "--steps", "1", "--density", "0.2");
        assertThat(ran.code()).as(ran.out() + ran.err()).isLessThan(2);
        assertThat(ran.out()).contains("| gradient of conv1.weight |", "| change of bn1.running_var |", "The tensors ");
        assertThat(ran.out().lines().filter(line -> line.startsWith("| gradient of ")))
                .hasSize(20)
                .allMatch(line -> Double.parseDouble(line.split(" \\| ", -1)[2]) < 0.3);
    }

    @Test
    void badUseIsRefusedWithTheRemedy() {
        assertThat(run("--model", "mlp").err()).contains("mlp", "cnn-cifar10", "resnet18");
        assertThat(run("--steps", "0").code()).isEqualTo(2);
        assertThat(run("--every", "0").code()).isEqualTo(2);
        assertThat(run("--tensors", "-1").err()).contains("--tensors");
        assertThat(run("--capacity", "2").err()).contains("--capacity");
        assertThat(run("--density", "0").err()).contains("--density");
        Ran ran = run("--python", "no-such-python");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("no-such-python", PyTorch.PYTHON_VARIABLE);
        Ran absent = QuickCommandTest.run(
                "losses", "--data", folder.resolve("absent").toString());
        assertThat(absent.code()).isEqualTo(2);
        assertThat(absent.err()).contains("data_batch_1.bin", "--data");
    }
}
