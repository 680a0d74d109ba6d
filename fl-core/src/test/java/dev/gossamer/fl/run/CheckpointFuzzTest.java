package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.method.ServerState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged and forged checkpoints are refused with a {@link CheckpointException}, or are checkpoints. Most have their checksum
 * repaired, so that they get to the parser. {@code -Dgossamer.fuzz.messages=1000000} for as many, {@code -Dgossamer.fuzz.seed}
 * for others.
 */
class CheckpointFuzzTest {

    private static final int FILES = Integer.getInteger("gossamer.fuzz.messages", 10_000);
    private static final long SEED = Long.getLong("gossamer.fuzz.seed", 1);
    private static final int[] EXTREMES = {0, 1, 2, 127, 128, 1 << 28, Integer.MAX_VALUE, Integer.MIN_VALUE, -1};

    @TempDir
    Path folder;

    private final byte[] fingerprint = new byte[CheckpointFile.FINGERPRINT_BYTES];
    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void aCheckpointIsReadAsItWasWritten() {
        Checkpoint written = checkpoint();
        new Checkpoints(folder, fingerprint).write(written);

        Checkpoint read = new Checkpoints(folder, fingerprint).latest(CheckpointFuzzTest::unexpected);

        assertThat(read).isEqualTo(written);
        assertThat(read.state().model().tensor("full").pattern()).isNotNull();
        assertThat(read.state().model().tensor("dense").pattern()).isNull();
    }

    @Test
    void damagedAndForgedCheckpointsAreRefused() throws IOException {
        Checkpoint written = checkpoint();
        new Checkpoints(folder, fingerprint).write(written);
        Path file = folder.resolve("round-7.checkpoint");
        byte[] good = Files.readAllBytes(file);
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bad = mutated(good);
            Files.write(file, bad);
            try {
                Checkpoint read = new Checkpoints(folder, fingerprint).latest(what -> {});
                assertThat(read).isNotNull();
                accepted++;
            } catch (CheckpointException e) {
                assertThat(e).hasMessageContaining(folder.toString());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("file " + i + " of seed " + SEED, e);
            }
        }
        // Values may be any, so that some forgeries are checkpoints; most are not.
        assertThat(accepted).isLessThan(FILES / 2);
    }

    private byte[] mutated(byte[] good) {
        byte[] bad = good.clone();
        int times = random.nextInt(1, 4);
        for (int i = 0; i < times; i++) {
            int at = random.nextInt(bad.length - Integer.BYTES);
            switch (random.nextInt(4)) {
                case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bad[at] = (byte) random.nextInt();
                case 2 -> ByteBuffer.wrap(bad).putInt(at, EXTREMES[random.nextInt(EXTREMES.length)]);
                default -> bad = Arrays.copyOf(bad, random.nextInt(8, bad.length + 20));
            }
        }
        if (random.nextInt(8) > 0 && bad.length > Integer.BYTES) {
            CRC32C checksum = new CRC32C();
            checksum.update(bad, 0, bad.length - Integer.BYTES);
            ByteBuffer.wrap(bad).putInt(bad.length - Integer.BYTES, (int) checksum.getValue());
        }
        return bad;
    }

    /** Of every kind: NaN and -0, patterns with every entry and with none, parts of a state, memories. */
    private static Checkpoint checkpoint() {
        SparsityPattern some = SparsityPattern.fromMask(3, 5, (row, col) -> (row + col) % 2 == 0);
        ModelState model = new ModelState(List.of(
                TensorState.sparse("some", new int[] {3, 5}, some, new float[] {1, -0.0f, Float.NaN, 4, 5, 6, 7, 8}),
                TensorState.sparse("full", new int[] {1, 2}, SparsityPattern.full(1, 2), new float[] {0, 1}),
                TensorState.dense("dense", new int[] {2}, new float[] {Float.MIN_VALUE, 2})));
        ModelState part = new ModelState(List.of(TensorState.dense("a", new int[] {}, new float[] {1})));
        ServerState state = new ServerState(7, model, Map.of("velocity", part));
        return new Checkpoint(
                state,
                1234,
                new TreeMap<>(Map.of(
                        new ClientMemories.Key(3, "squares:"), new ClientMemories.Memory(5, part),
                        new ClientMemories.Key(0, "momentum"), new ClientMemories.Memory(7, model))));
    }

    private static void unexpected(String what) {
        throw new AssertionError(what);
    }
}
