package dev.gossamer.fl.data;

import dev.gossamer.engine.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Images that somebody wants classified: unsigned bytes, in an IDX file (grey) or one of NumPy's, {@code .npy}, of shape
 * {@code [count, height, width]} or {@code [count, channels, height, width]}. The first bytes tell which it is, and whether gzip has
 * compressed it.
 */
public final class ImageFile {

    private static final byte[] NUMPY = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** Version 1.0: its length is a u16. */
    private static final int HEADER_START = 10;

    private static final Pattern HEADER = Pattern.compile(
            "\\s*\\{\\s*'descr':\\s*'([^']*)',\\s*'fortran_order':\\s*(True|False),\\s*'shape':\\s*\\(([0-9, ]*)\\),?\\s*}\\s*");

    private static final Pattern COMMA = Pattern.compile(",");
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private ImageFile() {}

    /**
     * Reads a file.
     *
     * @param one the shape that an image has to have
     * @param arena owns the memory of the result, whose labels are all 0
     * @throws DataException naming the file and what is wrong with it
     */
    public static Split read(Path file, Shape one, Arena arena) {
        boolean numpy = DataFile.read(file, in -> Arrays.equals(in.readNBytes(NUMPY.length), NUMPY));
        Split images = numpy ? DataFile.read(file, in -> numpy(file, in, arena)) : IdxReader.readImages(file, arena);
        if (!images.one().equals(one)) {
            throw new DataException(file + ": has images of " + text(images.one()) + ", but the model takes "
                    + text(one) + " (channels x height x width): scale them, or take another model");
        }
        return images;
    }

    private static String text(Shape one) {
        return one.channels() + "x" + one.height() + "x" + one.width();
    }

    private static Split numpy(Path file, InputStream in, Arena arena) throws IOException {
        byte[] start = in.readNBytes(HEADER_START);
        if (start.length < HEADER_START || start[NUMPY.length] != 1) {
            throw new DataException(file + ": is no .npy file of version 1.0; write it again with numpy.save");
        }
        int length = Byte.toUnsignedInt(start[8]) | Byte.toUnsignedInt(start[9]) << 8;
        String header = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
        Matcher parts = HEADER.matcher(header);
        if (!parts.matches()) {
            throw new DataException(file + ": has no header of NumPy's, but '" + header.strip() + "'");
        }
        if (!parts.group(1).equals("|u1") || parts.group(2).equals("True")) {
            throw new DataException(file + ": has elements of type '" + parts.group(1) + "', "
                    + (parts.group(2).equals("True") ? "by columns" : "by rows")
                    + ", but images are unsigned bytes by rows: numpy.save(file, numpy.ascontiguousarray(images,"
                    + " dtype=numpy.uint8))");
        }
        return split(file, in, sides(file, parts.group(3)), arena);
    }

    /** Count, channels, height, width. */
    private static int[] sides(Path file, String shape) {
        try {
            List<Integer> sides = new ArrayList<>(COMMA.splitAsStream(shape)
                    .map(String::strip)
                    .filter(side -> !side.isEmpty())
                    .map(Integer::valueOf)
                    .toList());
            if (sides.size() == 3) {
                sides.add(1, 1);
            }
            long bytes = sides.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
            if (sides.size() == 4 && bytes > 0 && bytes <= MOST_BYTES) {
                return sides.stream().mapToInt(Integer::intValue).toArray();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // falls through to the same refusal
        }
        throw new DataException(file + ": has shape (" + shape
                + "), but images are (count, height, width) or (count, channels, height, width), and at most 2 GiB");
    }

    private static Split split(Path file, InputStream in, int[] sides, Arena arena) throws IOException {
        Shape one = new Shape(sides[1], sides[2], sides[3], 1);
        int size = Math.multiplyExact(sides[0], one.features());
        byte[] pixels = in.readNBytes(size);
        if (pixels.length < size || in.read() >= 0) {
            throw new DataException(file + ": its header announces " + size + " bytes of images, but there are "
                    + (pixels.length < size ? "only " + pixels.length : "more") + ": write it again");
        }
        MemorySegment memory = arena.allocate(size, 64).copyFrom(MemorySegment.ofArray(pixels));
        return new Split(memory, arena.allocate(sides[0], 64), one, sides[0]);
    }
}
