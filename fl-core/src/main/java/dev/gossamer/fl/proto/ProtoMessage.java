package dev.gossamer.fl.proto;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message of protocol buffers while it is written, field by field, in the encoding's four wire types: varint (0), 64 bits (1),
 * length-delimited (2), 32 bits (5). Messages within messages are taken over without a copy, so that a model's numbers lie
 * in memory once.
 *
 * <p>Source: "Encoding", the documentation of protocol buffers.
 */
public final class ProtoMessage {

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;

    private static final int MOST_VARINT_BYTES = 10;

    private final List<ByteBuffer> chunks = new ArrayList<>();
    private long sizeBytes;

    /** An integer, bool or enum; negative ones take ten bytes. */
    public ProtoMessage varint(int field, long value) {
        ByteBuffer bytes = start(field, VARINT);
        putVarint(bytes, value);
        return add(bytes.flip());
    }

    /** A float. */
    public ProtoMessage fixed32(int field, float value) {
        return add(start(field, FIXED_32).putFloat(value).flip());
    }

    /** A double. */
    public ProtoMessage fixed64(int field, double value) {
        return add(start(field, FIXED_64).putDouble(value).flip());
    }

    /** A string. */
    public ProtoMessage text(int field, String value) {
        return bytes(field, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }

    /** Bytes, which stay as they are for as long as the message is used. */
    public ProtoMessage bytes(int field, ByteBuffer value) {
        ByteBuffer head = start(field, LENGTH_DELIMITED);
        putVarint(head, value.remaining());
        return add(head.flip()).add(value);
    }

    /** A message, which is complete. */
    public ProtoMessage message(int field, ProtoMessage value) {
        ByteBuffer head = start(field, LENGTH_DELIMITED);
        putVarint(head, value.sizeBytes);
        add(head.flip());
        value.chunks.forEach(this::add);
        return this;
    }

    private static ByteBuffer start(int field, int wireType) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * MOST_VARINT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        putVarint(bytes, (long) field << 3 | wireType);
        return bytes;
    }

    /** Seven bits to a byte, the lowest first; all but the last byte have the highest bit set. */
    private static void putVarint(ByteBuffer bytes, long value) {
        long left = value;
        while ((left & ~0x7FL) != 0) {
            bytes.put((byte) ((left & 0x7F) | 0x80));
            left >>>= 7;
        }
        bytes.put((byte) left);
    }

    private ProtoMessage add(ByteBuffer chunk) {
        chunks.add(chunk);
        sizeBytes += chunk.remaining();
        return this;
    }

    /** Length of what {@link #writeTo} writes. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** The message without a length before it, a new array. */
    public byte[] toBytes() {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(sizeBytes));
        chunks.forEach(chunk -> all.put(chunk.duplicate()));
        return all.array();
    }

    /** Writes the message without a length before it. */
    public void writeTo(WritableByteChannel channel) throws IOException {
        for (ByteBuffer chunk : chunks) {
            ByteBuffer left = chunk.duplicate();
            while (left.hasRemaining()) {
                channel.write(left);
            }
        }
    }
}
