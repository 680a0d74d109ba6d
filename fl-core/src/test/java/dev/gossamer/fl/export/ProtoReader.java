package dev.gossamer.fl.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A message of protocol buffers, taken apart without its schema; fails where bytes are left or lack. */
final class ProtoReader {

    private final Map<Integer, List<Object>> fields = new TreeMap<>();

    ProtoReader(ByteBuffer bytes) {
        ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            long key = varint(in);
            int type = (int) (key & 7);
            Object value = switch (type) {
                case 0 -> varint(in);
                case 2 -> bytes(in);
                case 5 -> in.getFloat();
                default -> throw new AssertionError("wire type " + type + " at byte " + in.position());
            };
            fields.computeIfAbsent((int) (key >>> 3), field -> new ArrayList<>())
                    .add(value);
        }
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static ByteBuffer bytes(ByteBuffer in) {
        int length = Math.toIntExact(varint(in));
        ByteBuffer bytes = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return bytes;
    }

    /** Numbers of the fields that there are. */
    List<Integer> fieldNumbers() {
        return List.copyOf(fields.keySet());
    }

    private List<Object> all(int field) {
        return fields.getOrDefault(field, List.of());
    }

    private Object one(int field) {
        List<Object> values = all(field);
        if (values.size() != 1) {
            throw new AssertionError("field " + field + " is there " + values.size() + " times");
        }
        return values.getFirst();
    }

    long integer(int field) {
        return (Long) one(field);
    }

    float real(int field) {
        return (Float) one(field);
    }

    String text(int field) {
        return text(one(field));
    }

    private static String text(Object value) {
        return StandardCharsets.UTF_8.decode(((ByteBuffer) value).duplicate()).toString();
    }

    ByteBuffer raw(int field) {
        return ((ByteBuffer) one(field)).duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    ProtoReader message(int field) {
        return new ProtoReader(raw(field));
    }

    List<Long> integers(int field) {
        return all(field).stream().map(Long.class::cast).toList();
    }

    List<String> texts(int field) {
        return all(field).stream().map(ProtoReader::text).toList();
    }

    List<ProtoReader> messages(int field) {
        return all(field).stream()
                .map(value -> new ProtoReader((ByteBuffer) value))
                .toList();
    }
}
