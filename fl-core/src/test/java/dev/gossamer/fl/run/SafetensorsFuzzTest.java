package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.FileFuzz;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged and forged safetensors files: an {@link IOException} that names the file, or tensors that cover it and are read back
 * the same when they are written again. Of half of them the length of the header is repaired, so that they get to the parser.
 * They are a fifth of {@code -Dgossamer.fuzz.messages}, 2,000 unless told otherwise; {@code -Dgossamer.fuzz.seed} for others.
 */
class SafetensorsFuzzTest {

    private static final String[] PIECES = {
        "0",
        "9",
        "-1",
        "1e3",
        "1e999999",
        "9223372036854775807",
        "99999999999999999999",
        "null",
        "true",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\u0000",
        "\\ud800",
        "\"F32\"",
        "\"F16\"",
        "\"U8\"",
        "\"shape\":",
        "\"data_offsets\":",
        "\"__metadata__\":",
        "[[[[[[[[[[[[[[[[",
        "\ufeff",
        "\u0000",
        "\n"
    };

    private static final int FILES = Math.max(1, FileFuzz.FILES / 5);

    @TempDir
    Path folder;

    private final FileFuzz fuzz = new FileFuzz();

    @Test
    void damagedFilesAreRefusedOrTensors() throws IOException {
        byte[] good = good();
        Path file = folder.resolve("fuzz.safetensors");
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bad = fuzz.random().nextBoolean() ? fuzz.damaged(good) : forged(good);
            Files.write(file, bad);
            accepted += FileFuzz.isAccepted(i, bad, IOException.class, file.toString(), () -> check(file)) ? 1 : 0;
        }
        // Values and names may be any, so that some forgeries are files; most are not.
        assertThat(accepted).isBetween(FILES / 100, FILES / 2);
    }

    private Safetensors.Content check(Path file) throws IOException {
        Safetensors.Content content = Safetensors.read(file);
        ByteBuffer header = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        long data = content.tensors().stream()
                .mapToLong(tensor -> tensor.data().byteSize())
                .sum();
        assertThat(Long.BYTES + header.getLong(0) + data).isEqualTo(header.capacity());
        Path again = folder.resolve("again.safetensors");
        Safetensors.write(again, content.tensors(), content.metadata());
        Safetensors.Content back = Safetensors.read(again);
        assertThat(back.metadata()).isEqualTo(content.metadata());
        assertThat(back.tensors()).hasSameSizeAs(content.tensors());
        for (SafeTensor tensor : content.tensors()) {
            SafeTensor same = back.tensor(tensor.name());
            assertThat(same.type()).isEqualTo(tensor.type());
            assertThat(same.shape()).isEqualTo(tensor.shape());
            assertThat(same.data().mismatch(tensor.data())).isEqualTo(-1);
        }
        return content;
    }

    /** A header with a piece of JSON somewhere, and its length as it is. */
    private byte[] forged(byte[] good) {
        int headerBytes =
                (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        byte[] header = Arrays.copyOfRange(good, Long.BYTES, Long.BYTES + headerBytes);
        for (int times = fuzz.random().nextInt(1, 3); times > 0; times--) {
            int at = fuzz.random().nextInt(header.length);
            int to = Math.min(header.length, at + fuzz.random().nextInt(3));
            byte[] piece = PIECES[fuzz.random().nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8);
            header = ByteBuffer.allocate(header.length - (to - at) + piece.length)
                    .put(header, 0, at)
                    .put(piece)
                    .put(header, to, header.length - to)
                    .array();
        }
        return ByteBuffer.allocate(Long.BYTES + header.length + good.length - Long.BYTES - headerBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(good, Long.BYTES + headerBytes, good.length - Long.BYTES - headerBytes)
                .array();
    }

    /** Of every type: a matrix, a scalar, one without elements, and metadata. */
    private byte[] good() throws IOException {
        Path file = folder.resolve("good.safetensors");
        Safetensors.write(
                file,
                List.of(
                        SafeTensor.of("fc1.weight", new int[] {2, 3}, new float[] {1, -0f, Float.NaN, 0.5f, 2, 3}),
                        SafeTensor.of("scalar", new int[0], new float[] {4}),
                        SafeTensor.of("empty", new int[] {0, 5}, new float[0]),
                        new SafeTensor("step", SafeTensor.Dtype.I64, List.of(2L), MemorySegment.ofArray(new byte[16])),
                        new SafeTensor("mask", SafeTensor.Dtype.U8, List.of(3L), MemorySegment.ofArray(new byte[] {
                            1, 0, (byte) 255
                        }))),
                Map.of("method", "fedavg", "größe", "\"1\""));
        return Files.readAllBytes(file);
    }
}
