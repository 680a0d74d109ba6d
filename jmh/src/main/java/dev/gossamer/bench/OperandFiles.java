package dev.gossamer.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Numbers for another process, each array in a file of raw little-endian ones.
 *
 * @param folder where the files are made
 */
record OperandFiles(Path folder) {

    /** The name of a new file with these numbers. */
    String floats(float[] numbers) {
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.multiplyExact(4, numbers.length)).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(numbers);
        return bytes(buffer.array());
    }

    /** The same. */
    String ints(int[] numbers) {
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.multiplyExact(4, numbers.length)).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asIntBuffer().put(numbers);
        return bytes(buffer.array());
    }

    /** The same. */
    String bytes(byte[] bytes) {
        try {
            Path file = Files.createTempFile(folder, "operand", ".bin");
            return Files.write(file, bytes).toString();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot hand operands to another process", e);
        }
    }
}
