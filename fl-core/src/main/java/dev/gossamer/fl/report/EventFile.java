package dev.gossamer.fl.report;

import dev.gossamer.fl.run.RoundMetrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file of events that TensorBoard draws. It is a TFRecord: for each record its length in 8 bytes, the masked CRC-32C of
 * those, the record, and the masked CRC-32C of it, all little-endian. A record is an {@code Event} of TensorFlow's
 * {@code event.proto}, with a {@code Summary} of one {@code simple_value} for each number.
 */
final class EventFile implements AutoCloseable {

    private static final String VERSION = "brain.Event:2";

    private static final int MASK_DELTA = 0xa282ead8;

    private static final int EVENT_WALL_TIME = 1;
    private static final int EVENT_STEP = 2;
    private static final int EVENT_FILE_VERSION = 3;
    private static final int EVENT_SUMMARY = 5;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_SIMPLE = 2;

    private final Path file;
    private final OutputStream out;

    /**
     * Begins a file, in place of one that there may be.
     *
     * @param started when the run began, in seconds of the epoch
     */
    EventFile(Path file, double started) {
        this.file = file;
        try {
            out = Files.newOutputStream(file);
            Message event = new Message();
            event.putDouble(EVENT_WALL_TIME, started);
            event.putBytes(EVENT_FILE_VERSION, VERSION.getBytes(StandardCharsets.UTF_8));
            record(event.bytes());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Adds the numbers of a round, at once.
     *
     * @param time when it ended, in seconds of the epoch
     */
    void add(RoundMetrics metrics, double time) {
        Message summary = new Message();
        Scalars.of(metrics).forEach((tag, number) -> {
            Message value = new Message();
            value.putBytes(VALUE_TAG, tag.getBytes(StandardCharsets.UTF_8));
            value.putFloat(VALUE_SIMPLE, number.floatValue());
            summary.putBytes(SUMMARY_VALUE, value.bytes());
        });
        Message event = new Message();
        event.putDouble(EVENT_WALL_TIME, time);
        event.putVarint(EVENT_STEP, metrics.round());
        event.putBytes(EVENT_SUMMARY, summary.bytes());
        try {
            record(event.bytes());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Writes a record in one piece, so that who reads along finds whole ones. */
    private void record(byte[] data) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(maskedCrc(record.array(), Long.BYTES));
        record.put(data);
        record.putInt(maskedCrc(data, data.length));
        out.write(record.array());
        out.flush();
    }

    /** A checksum that is not disturbed by records within records: TensorFlow's rotation and constant. */
    static int maskedCrc(byte[] data, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    private UncheckedIOException failed(IOException e) {
        return new UncheckedIOException(file + ": cannot be written", e);
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** A message of Protocol Buffers, field by field. */
    private static final class Message {

        private static final int VARINT = 0;
        private static final int FIXED_64 = 1;
        private static final int LENGTH = 2;
        private static final int FIXED_32 = 5;

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        byte[] bytes() {
            return bytes.toByteArray();
        }

        void putVarint(int field, long value) {
            varint(((long) field << 3) | VARINT);
            varint(value);
        }

        void putDouble(int field, double value) {
            varint(((long) field << 3) | FIXED_64);
            fixed(Double.doubleToRawLongBits(value), Double.BYTES);
        }

        void putFloat(int field, float value) {
            varint(((long) field << 3) | FIXED_32);
            fixed(Float.floatToRawIntBits(value), Float.BYTES);
        }

        void putBytes(int field, byte[] value) {
            varint(((long) field << 3) | LENGTH);
            varint(value.length);
            bytes.writeBytes(value);
        }

        private void fixed(long bits, int count) {
            for (int i = 0; i < count; i++) {
                bytes.write((int) (bits >>> (8 * i)));
            }
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                bytes.write((int) ((rest & 0x7f) | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }
    }
}
