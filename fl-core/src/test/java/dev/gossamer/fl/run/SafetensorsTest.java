package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {

    @TempDir
    Path folder;

    private static final SafeTensor WEIGHT =
            SafeTensor.of("fc1.weight", new int[] {2, 3}, new float[] {1, -0f, Float.NaN, 0.5f, 2, 3});
    private static final SafeTensor BIAS = SafeTensor.of("fc1.bias", new int[] {2}, new float[] {1, 2});

    @Test
    void readsWhatItWrote() throws IOException {
        ByteBuffer steps = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(7)
                .putLong(-1);
        SafeTensor counts =
                new SafeTensor("step", SafeTensor.Dtype.I64, List.of(2L), MemorySegment.ofArray(steps.array()));
        SafeTensor mask = new SafeTensor(
                "mask", SafeTensor.Dtype.U8, List.of(3L), MemorySegment.ofArray(new byte[] {1, 0, (byte) 255}));
        SafeTensor scalar = SafeTensor.of("scalar", new int[0], new float[] {4});
        SafeTensor empty = SafeTensor.of("empty", new int[] {0, 5}, new float[0]);
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(
                file, List.of(mask, WEIGHT, scalar, empty, BIAS, counts), Map.of("method", "fedavg", "größe", "\"1\""));

        Safetensors.Content content = Safetensors.read(file);
        assertThat(content.metadata()).isEqualTo(Map.of("method", "fedavg", "größe", "\"1\""));
        assertThat(content.tensors()).hasSize(6);
        assertThat(content.tensor("fc1.weight").shape()).containsExactly(2L, 3L);
        assertThat(content.tensor("fc1.weight").floats()).containsExactly(1, -0f, Float.NaN, 0.5f, 2, 3);
        assertThat(content.tensor("scalar").floats()).containsExactly(4);
        assertThat(content.tensor("scalar").shape()).isEmpty();
        assertThat(content.tensor("empty").floats()).isEmpty();
        assertThat(content.tensor("step").longs()).containsExactly(7, -1);
        assertThat(content.tensor("mask").data().mismatch(mask.data())).isEqualTo(-1);
        assertThatIllegalStateException()
                .isThrownBy(() -> content.tensor("mask").floats())
                .withMessageContaining("'mask' is of type U8, not F32");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> content.tensor("fc2"))
                .withMessageContaining("fc2")
                .withMessageContaining("fc1.bias");
    }

    /** Pins the format; files both ways were exchanged with version 0.8.0 of the Python package. */
    @Test
    void goldenBytes() throws IOException {
        Path file = folder.resolve("golden.safetensors");
        Safetensors.write(file, List.of(BIAS), Map.of("b", "2", "a", "1"));
        String json = "{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\"},"
                + "\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
        String padded = json + " ".repeat((8 - json.length() % 8) % 8);
        assertThat(HexFormat.of().formatHex(Files.readAllBytes(file)))
                .isEqualTo(HexFormat.of().toHexDigits((byte) padded.length()) + "00000000000000"
                        + HexFormat.of().formatHex(padded.getBytes(StandardCharsets.UTF_8)) + "0000803f00000040");
    }

    @Test
    void theSameContentGivesTheSameBytesInAnyOrder() throws IOException {
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        Safetensors.write(one, List.of(WEIGHT, BIAS), Map.of("a", "1", "b", "2", "c", "3"));
        Safetensors.write(two, List.of(BIAS, WEIGHT), Map.of("c", "3", "b", "2", "a", "1"));
        assertThat(Files.readAllBytes(one)).isEqualTo(Files.readAllBytes(two));
        long header = ByteBuffer.wrap(Files.readAllBytes(one))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        assertThat(header % 8).isZero();
    }

    @Test
    void replacesAFileCompletelyOrNotAtAll() throws IOException {
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, List.of(WEIGHT), Map.of());
        byte[] before = Files.readAllBytes(file);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFile.write(file, channel -> {
                    channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                    throw new IOException("disk full");
                }))
                .withMessage("disk full");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        Safetensors.write(file, List.of(BIAS), Map.of());
        assertThat(Safetensors.read(file).tensors()).hasSize(1);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void everyTruncationIsRefusedByName() throws IOException {
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, List.of(WEIGHT, BIAS), Map.of("a", "1"));
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatExceptionOfType(IOException.class)
                    .as("cut to %d", length)
                    .isThrownBy(() -> Safetensors.read(file))
                    .withMessageContaining("model.safetensors");
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Safetensors.read(file))
                .withMessageContaining("1 bytes follow the last tensor");
    }

    @Test
    void headersThatContradictThemselvesAreRefused() throws IOException {
        refused(
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,12]}}",
                12,
                "'w'",
                "takes 8",
                "give it 12");
        refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "'w'", "[8, 0]");
        refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "'w'", "[0]");
        refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "'w'", "cut off", "only 4");
        refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "'w'", "leaves a gap after 0");
        refused(
                "{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                        + "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
                12,
                "'w'",
                "overlaps the one that ends at 8");
        refused(
                "{\"w\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}",
                4,
                "'w'",
                "\"BF16\"",
                "F32, I64, U8");
        refused("{\"w\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "'w'", "dtype");
        refused("{\"w\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8, "'w' has no shape");
        refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "'w'", "-2", "shape");
        refused("{\"w\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}}", 8, "'w'", "2.5", "shape");
        refused(
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,0]}}",
                0,
                "'w'",
                "too large");
        refused(
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,0]}}",
                0,
                "'w'",
                "shape");
        refused(
                "{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                        + "\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
                2,
                "not valid JSON",
                "w");
        refused("{\"__metadata__\":{\"a\":1}}", 0, "metadata 'a' are not text");
        refused("{\"__metadata__\":3}", 0, "metadata are not a JSON object");
        refused("[]", 0, "not a JSON object");
        refused("{\"w\":", 0, "not valid JSON");
        refused("{} {}", 0, "not valid JSON");
        refused("", 0, "header");
    }

    @Test
    void otherFilesAreRefusedBeforeMemoryIsTaken() throws IOException {
        Path file = folder.resolve("other");
        Files.writeString(file, "PK\3\4 is not a safetensors file");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Safetensors.read(file))
                .withMessageContaining("other")
                .withMessageContaining("100000000")
                .withMessageContaining("no safetensors file");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Safetensors.read(folder.resolve("none")))
                .withMessageContaining("none: no such file");
    }

    @Test
    void namesAreUniqueAndNotTheFormatsOwn() {
        Path file = folder.resolve("model");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Safetensors.write(file, List.of(BIAS, BIAS), Map.of()))
                .withMessageContaining("fc1.bias");
        SafeTensor reserved = SafeTensor.of("__metadata__", new int[] {1}, new float[1]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Safetensors.write(file, List.of(reserved), Map.of()))
                .withMessageContaining("__metadata__");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SafeTensor.of("w", new int[] {2, 2}, new float[3]))
                .withMessageContaining("takes 16 bytes, but has 12");
        assertThat(file).doesNotExist();
    }

    private void refused(String json, int dataBytes, String... parts) throws IOException {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(8 + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(header.length).put(header);
        Path file = Files.write(folder.resolve("bad.safetensors"), out.array());
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> Safetensors.read(file))
                .satisfies(e ->
                        assertThat(e.getMessage()).contains("bad.safetensors").contains(parts));
    }
}
