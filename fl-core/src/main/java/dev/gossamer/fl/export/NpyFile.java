package dev.gossamer.fl.export;

import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.run.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * NumPy's form: an array to a file, {@code .npy}, and files in a zip archive, {@code .npz}, under the names of the tensors; what
 * {@code numpy.savez_compressed} writes and {@code numpy.load} reads. There is no room for metadata.
 *
 * <p>Source: {@code numpy.lib.format}, version 1.0: magic, version, length of the header as u16, the header as a Python
 * dictionary, filled up with blanks to a multiple of 64 bytes, and the elements.
 */
public final class NpyFile {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    private static final int ALIGNMENT = 64;

    /**
     * Always the same, so that equal models are equal files. Not the first day that an archive can have: Java takes that for one
     * before it, and adds the time in the machine's zone.
     */
    private static final LocalDateTime WRITTEN = LocalDateTime.of(1980, 2, 1, 0, 0);

    private NpyFile() {}

    /** Creates or replaces an archive, completely or not at all. Its bytes depend on the weights alone. */
    public static void write(Path file, PortableModel model) throws IOException {
        AtomicFile.write(file, channel -> {
            ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
            for (TensorState tensor : model.weights().tensors()) {
                ZipEntry entry = new ZipEntry(tensor.name() + ".npy");
                entry.setTimeLocal(WRITTEN);
                zip.putNextEntry(entry);
                write(zip, tensor);
                zip.closeEntry();
            }
            zip.finish();
        });
    }

    private static void write(OutputStream out, TensorState tensor) throws IOException {
        String shape = Arrays.stream(tensor.shape())
                .mapToObj(dimension -> dimension + ",")
                .collect(Collectors.joining(" "));
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
        int before = MAGIC.length + Short.BYTES;
        int whole = (before + header.length() + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        ByteBuffer bytes = ByteBuffer.allocate(whole + Float.BYTES * tensor.values().length)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).putShort((short) (whole - before)).put(header.getBytes(StandardCharsets.US_ASCII));
        while (bytes.position() < whole - 1) {
            bytes.put((byte) ' ');
        }
        bytes.put((byte) '\n').asFloatBuffer().put(tensor.values());
        out.write(bytes.array());
    }
}
