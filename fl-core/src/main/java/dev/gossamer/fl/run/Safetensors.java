package dev.gossamer.fl.run;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.run.SafeTensor.Dtype;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The safetensors format: a u64 header length, a JSON header with type, shape and offsets of each tensor and a map of
 * text, then the tensors' elements, all little-endian.
 *
 * <p>The writer's bytes depend on the content only: metadata sorted by key, tensors by the size of their elements
 * (largest first, so that all are aligned) and then by name, the header padded with spaces to a multiple of 8 bytes.
 */
public final class Safetensors {

    private static final long MAX_HEADER_BYTES = 100_000_000;
    private static final String METADATA = "__metadata__";
    private static final int LENGTH_BYTES = Long.BYTES;
    private static final int CHUNK_BYTES = 1 << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Safetensors() {}

    /** What a file holds: its tensors in the order of their data, and its metadata. */
    public record Content(List<SafeTensor> tensors, Map<String, String> metadata) {

        public Content {
            tensors = List.copyOf(tensors);
            metadata = Map.copyOf(metadata);
        }

        /**
         * The tensor with a name.
         *
         * @throws IllegalArgumentException naming the tensors there are, if there is none
         */
        public SafeTensor tensor(String name) {
            return tensors.stream()
                    .filter(tensor -> tensor.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("There is no tensor '" + name + "', only "
                            + tensors.stream().map(SafeTensor::name).toList()));
        }
    }

    // ---- writing
    // -----------------------------------------------------------------------------------------------------

    /**
     * Creates or replaces a file, completely or not at all.
     *
     * @throws IllegalArgumentException if two tensors have one name, or one has a name that the format keeps for itself
     */
    public static void write(Path file, List<SafeTensor> tensors, Map<String, String> metadata) throws IOException {
        List<SafeTensor> ordered = new ArrayList<>(tensors);
        ordered.sort(
                Comparator.comparingInt((SafeTensor tensor) -> -tensor.type().bytes())
                        .thenComparing(SafeTensor::name));
        byte[] header = header(ordered, metadata);
        ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        length.putLong(header.length).flip();
        AtomicFile.write(file, channel -> {
            writeFully(channel, length);
            writeFully(channel, ByteBuffer.wrap(header));
            for (SafeTensor tensor : ordered) {
                writeFully(channel, tensor.data());
            }
        });
    }

    private static byte[] header(List<SafeTensor> ordered, Map<String, String> metadata) {
        Map<String, Object> entries = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            entries.put(METADATA, new TreeMap<>(metadata));
        }
        long offset = 0;
        for (SafeTensor tensor : ordered) {
            long end = offset + tensor.data().byteSize();
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.type().name());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", List.of(offset, end));
            if (tensor.name().equals(METADATA) || entries.put(tensor.name(), entry) != null) {
                throw new IllegalArgumentException("Two tensors are named '" + tensor.name()
                        + "', or one has the name that the format keeps for metadata");
            }
            offset = end;
        }
        byte[] json = JSON.writeValueAsBytes(entries);
        byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        if (padded.length > MAX_HEADER_BYTES) {
            throw new IllegalArgumentException("The header would have " + padded.length + " bytes, more than the "
                    + MAX_HEADER_BYTES + " that the format allows: write less metadata");
        }
        return padded;
    }

    private static void writeFully(FileChannel channel, MemorySegment data) throws IOException {
        for (long at = 0; at < data.byteSize(); at += CHUNK_BYTES) {
            long chunk = Math.min(CHUNK_BYTES, data.byteSize() - at);
            writeFully(channel, ByteBuffer.wrap(data.asSlice(at, chunk).toArray(ValueLayout.JAVA_BYTE)));
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    // ---- reading
    // -----------------------------------------------------------------------------------------------------

    /**
     * Reads a whole file into memory that lives as long as the result is reachable.
     *
     * @throws IOException naming the file and what is wrong with it: cut off, too long, a header that is no valid JSON
     *     or too large, an unknown type, offsets that overlap, leave gaps, run out of the file or contradict the shape
     */
    public static Content read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + ": is a folder");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment header = header(channel, file);
            long dataStart = LENGTH_BYTES + header.byteSize();
            MemorySegment data = Arena.ofAuto().allocate(channel.size() - dataStart, 64);
            readFully(channel, dataStart, data);
            return content(header.toArray(ValueLayout.JAVA_BYTE), data);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file", e);
        } catch (FileSystemException e) {
            throw new IOException(file + ": cannot be read (" + FileReason.of(e) + ")", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static MemorySegment header(FileChannel channel, Path file) throws IOException {
        if (channel.size() < LENGTH_BYTES) {
            throw new IOException(file + ": has " + channel.size()
                    + " bytes, but a safetensors file starts with 8 that hold a length");
        }
        MemorySegment length = MemorySegment.ofArray(new byte[LENGTH_BYTES]);
        readFully(channel, 0, length);
        long headerBytes = length.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES) {
            throw new IOException(
                    file + ": its header would have " + Long.toUnsignedString(headerBytes) + " bytes, more than the "
                            + MAX_HEADER_BYTES + " that the format allows: it is no safetensors file");
        }
        if (headerBytes > channel.size() - LENGTH_BYTES) {
            throw new IOException(file + ": was cut off, its header should have " + headerBytes + " bytes, but only "
                    + (channel.size() - LENGTH_BYTES) + " are there");
        }
        MemorySegment header = MemorySegment.ofArray(new byte[(int) headerBytes]);
        readFully(channel, LENGTH_BYTES, header);
        return header;
    }

    private static void readFully(FileChannel channel, long position, MemorySegment into) throws IOException {
        long at = 0;
        while (at < into.byteSize()) {
            long chunk = Math.min(CHUNK_BYTES, into.byteSize() - at);
            int read = channel.read(into.asSlice(at, chunk).asByteBuffer(), position + at);
            if (read < 0) {
                throw new IOException("the file became shorter while it was read");
            }
            at += read;
        }
    }

    private static Content content(byte[] header, MemorySegment data) {
        JsonNode root;
        try {
            root = JSON.readTree(header);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the header is not valid JSON (" + e.getOriginalMessage() + ")", e);
        }
        if (!root.isObject()) {
            throw new IllegalArgumentException("the header is not a JSON object");
        }
        Map<String, String> metadata = new TreeMap<>();
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, JsonNode> property : root.properties()) {
            if (property.getKey().equals(METADATA)) {
                metadata.putAll(metadata(property.getValue()));
            } else {
                entries.add(Entry.of(property.getKey(), property.getValue()));
            }
        }
        return new Content(tensors(entries, data), metadata);
    }

    private static Map<String, String> metadata(JsonNode node) {
        Map<String, String> metadata = new TreeMap<>();
        if (!node.isObject()) {
            throw new IllegalArgumentException("the metadata are not a JSON object");
        }
        for (Map.Entry<String, JsonNode> property : node.properties()) {
            if (!property.getValue().isString()) {
                throw new IllegalArgumentException("the metadata '" + property.getKey() + "' are not text");
            }
            metadata.put(property.getKey(), property.getValue().stringValue());
        }
        return metadata;
    }

    /** Cuts the data into tensors, which have to cover it without overlap or gap. */
    private static List<SafeTensor> tensors(List<Entry> entries, MemorySegment data) {
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        List<SafeTensor> tensors = new ArrayList<>();
        long covered = 0;
        for (Entry entry : entries) {
            if (entry.begin != covered) {
                throw new IllegalArgumentException("tensor '" + entry.name + "' starts at byte " + entry.begin
                        + ", but " + (entry.begin < covered ? "overlaps the one that ends at " : "leaves a gap after ")
                        + covered);
            }
            if (entry.end > data.byteSize()) {
                throw new IllegalArgumentException("was cut off, tensor '" + entry.name + "' ends at byte " + entry.end
                        + ", but there are only " + data.byteSize() + " bytes of data");
            }
            tensors.add(new SafeTensor(
                    entry.name,
                    entry.type,
                    entry.shape,
                    data.asSlice(entry.begin, entry.end - entry.begin).asReadOnly()));
            covered = entry.end;
        }
        if (covered != data.byteSize()) {
            throw new IllegalArgumentException((data.byteSize() - covered) + " bytes follow the last tensor");
        }
        return tensors;
    }

    /** A tensor as the header describes it, checked on its own. */
    private record Entry(String name, Dtype type, List<Long> shape, long begin, long end) {

        static Entry of(String name, JsonNode node) {
            JsonNode dtype = node.path("dtype");
            Dtype type = Arrays.stream(Dtype.values())
                    .filter(known -> dtype.isString() && known.name().equals(dtype.stringValue()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("tensor '" + name + "' has dtype " + dtype
                            + ", but only " + Arrays.toString(Dtype.values()) + " can be read"));
            List<Long> shape = numbers(name, "shape", node.path("shape"));
            List<Long> offsets = numbers(name, "data_offsets", node.path("data_offsets"));
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw new IllegalArgumentException("tensor '" + name + "' has data_offsets " + offsets
                        + ", but they must be where it begins and ends");
            }
            long expected = SafeTensor.sizeBytes(name, type, shape);
            long size = offsets.get(1) - offsets.get(0);
            if (size != expected) {
                throw new IllegalArgumentException("tensor '" + name + "' of type " + type + " and shape " + shape
                        + " takes " + expected + " bytes, but its data_offsets " + offsets + " give it " + size);
            }
            return new Entry(name, type, shape, offsets.get(0), offsets.get(1));
        }

        private static List<Long> numbers(String name, String field, JsonNode node) {
            List<Long> numbers = new ArrayList<>();
            for (JsonNode number : node) {
                if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
                    throw new IllegalArgumentException(
                            "tensor '" + name + "' has " + number + " in its " + field + ", which is no size");
                }
                numbers.add(number.longValue());
            }
            if (!node.isArray()) {
                throw new IllegalArgumentException("tensor '" + name + "' has no " + field);
            }
            return numbers;
        }
    }
}
