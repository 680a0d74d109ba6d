package dev.gossamer.fl.report;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.proto.ProtoMessage;
import dev.gossamer.fl.run.RoundMetrics;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
            record(new ProtoMessage()
                    .fixed64(EVENT_WALL_TIME, started)
                    .text(EVENT_FILE_VERSION, VERSION)
                    .toBytes());
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
        ProtoMessage summary = new ProtoMessage();
        Scalars.of(metrics)
                .forEach((tag, number) -> summary.message(
                        SUMMARY_VALUE,
                        new ProtoMessage().text(VALUE_TAG, tag).fixed32(VALUE_SIMPLE, number.floatValue())));
        try {
            record(new ProtoMessage()
                    .fixed64(EVENT_WALL_TIME, time)
                    .varint(EVENT_STEP, metrics.round())
                    .message(EVENT_SUMMARY, summary)
                    .toBytes());
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
        return new UncheckedIOException(file + ": cannot be written: " + FileReason.of(e), e);
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
