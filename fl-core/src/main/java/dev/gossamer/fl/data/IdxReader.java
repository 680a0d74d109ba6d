package dev.gossamer.fl.data;

import static dev.gossamer.fl.data.DataFile.AGAIN;

import dev.gossamer.engine.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * Reads IDX files, the format of MNIST and its relatives: a big-endian header (two zero bytes, the type of element, the
 * number of dimensions, each dimension) and the elements. Every fault is a {@link DataException} that names the file.
 */
public final class IdxReader {

    /** Unsigned bytes in three dimensions. */
    private static final int IMAGES_MAGIC = 0x0803;
    /** Unsigned bytes in one dimension. */
    private static final int LABELS_MAGIC = 0x0801;
    /** Signed 32-bit numbers in one dimension. */
    private static final int INTEGERS_MAGIC = 0x0C01;

    /** No byte of gzip unpacks to more than this: a header that announces more is wrong, whatever follows. */
    private static final long MAX_EXPANSION = 1032;
    /** Images unpack to a few times their size: what announces more is counted before memory is taken for it. */
    private static final long PLAUSIBLE_EXPANSION = 16;

    private static final ValueLayout.OfInt BIG_ENDIAN_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private IdxReader() {}

    /**
     * Reads images and their classes.
     *
     * @param images idx3 of unsigned bytes: count, height, width
     * @param labels idx1 of unsigned bytes: count
     * @param classes a label is 0 to {@code classes - 1}
     * @param arena owns the memory of the result
     */
    public static Split read(Path images, Path labels, int classes, Arena arena) {
        Elements pixels = elements(images, IMAGES_MAGIC, "images (idx3 of unsigned bytes)", arena);
        Elements classNumbers = elements(labels, LABELS_MAGIC, "labels (idx1 of unsigned bytes)", arena);
        if (pixels.count() != classNumbers.count()) {
            throw new DataException(labels + ": " + classNumbers.count() + " labels, but " + images + " has "
                    + pixels.count() + " images: the two files do not belong together" + AGAIN);
        }
        for (int i = 0; i < classNumbers.count(); i++) {
            int label = Byte.toUnsignedInt(classNumbers.bytes().get(ValueLayout.JAVA_BYTE, i));
            if (label >= classes) {
                throw new DataException(labels + ": label " + i + " is " + label + ", but there are " + classes
                        + " classes, 0 to " + (classes - 1) + ": the file belongs to another data set or is damaged");
            }
        }
        Shape one = new Shape(1, pixels.height(), pixels.width(), 1);
        return new Split(pixels.bytes(), classNumbers.bytes(), one, pixels.count());
    }

    /**
     * Reads images of which nobody says the classes.
     *
     * @param arena owns the memory of the result, whose labels are all 0
     */
    static Split readImages(Path images, Arena arena) {
        Elements pixels = elements(images, IMAGES_MAGIC, "images (idx3 of unsigned bytes)", arena);
        Shape one = new Shape(1, pixels.height(), pixels.width(), 1);
        return new Split(pixels.bytes(), arena.allocate(pixels.count(), 64), one, pixels.count());
    }

    /**
     * Reads numbers that go with images.
     *
     * @param file idx1 of unsigned bytes, or of 32-bit integers where its name ends in {@code -int}: count
     * @param what it should hold, for errors
     * @return none is negative
     */
    static int[] readNumbers(Path file, String what) {
        boolean integers = file.getFileName().toString().matches(".*-int(\\.gz)?");
        try (Arena arena = Arena.ofConfined()) {
            Elements numbers = integers
                    ? elements(file, INTEGERS_MAGIC, what + " (idx1 of 32-bit integers)", arena)
                    : elements(file, LABELS_MAGIC, what + " (idx1 of unsigned bytes)", arena);
            MemorySegment bytes = numbers.bytes();
            int[] read = IntStream.range(0, numbers.count())
                    .map(i -> integers
                            ? bytes.get(BIG_ENDIAN_INT, (long) Integer.BYTES * i)
                            : Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, i)))
                    .toArray();
            for (int i = 0; i < read.length; i++) {
                if (read[i] < 0) {
                    throw new DataException(
                            file + ": number " + i + " is " + read[i] + ", but must be 0 or more" + AGAIN);
                }
            }
            return read;
        }
    }

    /** The content of a file; height and width are 1 for labels. */
    private record Elements(MemorySegment bytes, int count, int height, int width) {}

    private static Elements elements(Path file, int magic, String what, Arena arena) {
        int headerBytes = magic == IMAGES_MAGIC ? 16 : 8;
        return DataFile.read(file, in -> {
            byte[] header = in.readNBytes(headerBytes);
            if (header.length < 4 || bigEndian(header, 0) != magic) {
                throw new DataException(file + ": should hold " + what + " and start with " + hex(magic) + ", but "
                        + (header.length < 4
                                ? "has only " + header.length + " bytes"
                                : "starts with " + hex(bigEndian(header, 0)))
                        + ". Check that images and labels are not swapped, or fetch the file again");
            }
            if (header.length < headerBytes) {
                throw new DataException(file + ": ends within its header" + AGAIN);
            }
            int count = dimension(header, 4, file);
            int height = magic == IMAGES_MAGIC ? dimension(header, 8, file) : 1;
            int width = magic == IMAGES_MAGIC ? dimension(header, 12, file) : 1;
            long size = size(file, count, height, magic == INTEGERS_MAGIC ? Integer.BYTES : width);
            if (size > Files.size(file) * (in instanceof GZIPInputStream ? PLAUSIBLE_EXPANSION : 1)) {
                count(file, headerBytes, size);
            }
            return new Elements(body(in, file, size, arena), count, height, width);
        });
    }

    private static long size(Path file, int count, int height, int width) throws IOException {
        long size = product(file, count, height, width);
        if (size > Files.size(file) * MAX_EXPANSION) {
            throw new DataException(file + ": its header announces " + count + " x " + height + " x " + width
                    + " bytes, more than a file of " + Files.size(file) + " bytes can hold" + AGAIN);
        }
        return size;
    }

    /** Refuses a file that has less than it announces, without keeping what it has. */
    private static void count(Path file, int headerBytes, long size) {
        long there = DataFile.read(file, in -> in.transferTo(OutputStream.nullOutputStream())) - headerBytes;
        if (there < size) {
            throw cutOff(file, size, there);
        }
    }

    private static MemorySegment body(InputStream in, Path file, long size, Arena arena) throws IOException {
        MemorySegment bytes = arena.allocate(size, 64);
        byte[] chunk = new byte[1 << 16];
        long at = 0;
        while (at < size) {
            int read = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, size - at));
            if (read == 0) {
                throw cutOff(file, size, at);
            }
            MemorySegment.copy(chunk, 0, bytes, ValueLayout.JAVA_BYTE, at, read);
            at += read;
        }
        if (in.read() >= 0) {
            throw new DataException(
                    file + ": more data follow the " + size + " bytes that its header announces" + AGAIN);
        }
        return bytes;
    }

    private static DataException cutOff(Path file, long announced, long there) {
        return new DataException(file + ": its header announces " + announced + " bytes of data, but there are only "
                + there + ": the file was cut off" + AGAIN);
    }

    private static long product(Path file, int count, int height, int width) {
        try {
            long size = Math.multiplyExact((long) count, Math.multiplyExact((long) height, width));
            if ((long) height * width <= Integer.MAX_VALUE) {
                return size;
            }
        } catch (ArithmeticException e) {
            // falls through to the same refusal
        }
        throw new DataException(file + ": images of " + height + " x " + width
                + " pixels are impossible, the header is damaged" + AGAIN);
    }

    private static int dimension(byte[] header, int at, Path file) {
        int value = bigEndian(header, at);
        if (value < 1) {
            throw new DataException(file + ": a dimension in its header is " + Integer.toUnsignedString(value)
                    + ", but must be between 1 and 2147483647" + AGAIN);
        }
        return value;
    }

    private static int bigEndian(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 24
                | (bytes[at + 1] & 0xFF) << 16
                | (bytes[at + 2] & 0xFF) << 8
                | (bytes[at + 3] & 0xFF);
    }

    private static String hex(int value) {
        return String.format("%08x", value);
    }
}
