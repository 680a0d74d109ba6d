package dev.gossamer.fl.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.run.RoundMetrics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads the file back with a reader of its own, which knows nothing of the writer but the published formats. */
class EventFileTest {

    @TempDir
    private Path folder;

    /** Appendix B.4 of RFC 3720: 32 bytes of zeros, of ones, rising and falling. */
    @Test
    void checksumsAreThoseThatArePublished() {
        byte[] zeros = new byte[32];
        byte[] rising = new byte[32];
        byte[] falling = new byte[32];
        byte[] ones = new byte[32];
        for (int i = 0; i < 32; i++) {
            ones[i] = (byte) 0xff;
            rising[i] = (byte) i;
            falling[i] = (byte) (31 - i);
        }

        assertThat(unmasked(EventFile.maskedCrc(zeros, 32))).isEqualTo(0x8a9136aa);
        assertThat(unmasked(EventFile.maskedCrc(ones, 32))).isEqualTo(0x62a8ab43);
        assertThat(unmasked(EventFile.maskedCrc(rising, 32))).isEqualTo(0x46dd794e);
        assertThat(unmasked(EventFile.maskedCrc(falling, 32))).isEqualTo(0x113fdb5c);
    }

    /** What every file of TensorFlow begins with: the record of its version, but for the time. */
    @Test
    void theFirstRecordIsTheVersion() throws IOException {
        Path file = folder.resolve("events");
        new EventFile(file, 0).close();

        String hex = HexFormat.of().formatHex(Files.readAllBytes(file));
        assertThat(hex)
                .startsWith("1800000000000000" + "a37f4b22" + "09" + "0000000000000000" + "1a0d")
                .contains(HexFormat.of().formatHex("brain.Event:2".getBytes(StandardCharsets.US_ASCII)));
        assertThat(records(file)).hasSize(1);
    }

    @Test
    void everyNumberOfEveryRoundComesBack() throws IOException {
        Path file = folder.resolve("events");
        List<RoundMetrics> rounds = IntStream.of(1, 2, 300).mapToObj(Rounds::of).toList();
        try (EventFile events = new EventFile(file, 1e9)) {
            rounds.forEach(round -> events.add(round, 1e9 + round.round() + 0.25));
        }

        List<byte[]> records = records(file);
        assertThat(records).hasSize(4);
        for (int i = 0; i < rounds.size(); i++) {
            Event event = Event.parse(records.get(i + 1));
            RoundMetrics round = rounds.get(i);
            assertThat(event.step).isEqualTo(round.round());
            assertThat(event.time).isEqualTo(1e9 + round.round() + 0.25);
            assertThat(event.values).hasSize(22 + 2);
            assertThat(event.values.get("accuracy")).isEqualTo((float) round.accuracy());
            assertThat(event.values.get("bytesUp")).isEqualTo((float) round.bytesUp());
            assertThat(event.values.get("seconds")).isEqualTo((float) round.seconds());
            assertThat(event.values.get("sparsity/fc1.weight")).isEqualTo(0.9f);
        }
    }

    @Test
    void aFlippedBitIsFound() throws IOException {
        Path file = folder.resolve("events");
        try (EventFile events = new EventFile(file, 0)) {
            events.add(Rounds.of(1), 1);
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[60] ^= 4;
        Files.write(file, bytes);

        org.assertj.core.api.Assertions.assertThatThrownBy(() -> records(file))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("checksum");
    }

    private static int unmasked(int masked) {
        return Integer.rotateLeft(masked - 0xa282ead8, 15);
    }

    private static List<byte[]> records(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            check(length, bytes.getInt());
            byte[] data = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            bytes.get(data);
            check(data, bytes.getInt());
            records.add(data);
        }
        return records;
    }

    private static void check(byte[] data, int masked) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        assertThat(unmasked(masked)).as("checksum").isEqualTo((int) crc.getValue());
    }

    /** An event as Protocol Buffers has it. */
    private static final class Event {

        private double time;
        private long step;
        private final Map<String, Float> values = new LinkedHashMap<>();

        static Event parse(byte[] data) {
            Event event = new Event();
            ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
            while (in.hasRemaining()) {
                switch ((int) varint(in)) {
                    case (1 << 3) | 1 -> event.time = in.getDouble();
                    case 2 << 3 -> event.step = varint(in);
                    case (5 << 3) | 2 -> event.summary(piece(in));
                    default -> throw new AssertionError("a field that events do not have");
                }
            }
            return event;
        }

        private void summary(ByteBuffer in) {
            while (in.hasRemaining()) {
                assertThat(varint(in)).isEqualTo((1 << 3) | 2);
                ByteBuffer value = piece(in);
                assertThat(varint(value)).isEqualTo((1 << 3) | 2);
                String tag = StandardCharsets.UTF_8.decode(piece(value)).toString();
                assertThat(varint(value)).isEqualTo((2 << 3) | 5);
                values.put(tag, value.getFloat());
                assertThat(value.hasRemaining()).isFalse();
            }
        }

        private static ByteBuffer piece(ByteBuffer in) {
            int length = (int) varint(in);
            ByteBuffer piece = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            in.position(in.position() + length);
            return piece;
        }

        private static long varint(ByteBuffer in) {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte next = in.get();
                value |= (next & 0x7fL) << shift;
                if (next >= 0) {
                    return value;
                }
            }
        }
    }
}
