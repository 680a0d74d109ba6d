package dev.gossamer.fl.run;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.CodecException;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.data.FileReason;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * A file of a checkpoint. All numbers are big-endian; text is as {@link DataOutputStream#writeUTF} writes it.
 *
 * <pre>
 * magic        4 bytes  "GSCP"
 * version      i32      1
 * fingerprint  32 bytes which run it is of
 * content
 * checksum     u32      CRC-32C of all bytes before it
 * </pre>
 *
 * <p>A model in the content is
 *
 * <pre>
 * full         i32      tensors that have a pattern with every entry, which a message writes as if they had none
 *              i32      for each its number
 * length       i32
 * message      bytes    as {@link WireCodec} writes it: lossless
 * </pre>
 */
final class CheckpointFile {

    private static final int MAGIC = 'G' << 24 | 'S' << 16 | 'C' << 8 | 'P';
    private static final int VERSION = 1;
    static final int FINGERPRINT_BYTES = 32;
    private static final int CHECKSUM_BYTES = Integer.BYTES;
    private static final int LEAST_BYTES = 2 * Integer.BYTES + FINGERPRINT_BYTES + CHECKSUM_BYTES;

    /** Whatever a run made is read back: also a model that has come to be no number. */
    private static final DecodeOptions ANYTHING = new DecodeOptions(false, Long.MAX_VALUE);

    private CheckpointFile() {}

    /** What a file has between its head and its checksum. */
    @FunctionalInterface
    interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    /** Reads such a content. */
    @FunctionalInterface
    interface Reader<T> {
        T readFrom(DataInputStream in) throws IOException;
    }

    /**
     * Writes a file that is there completely or not at all.
     *
     * @return its checksum
     */
    static int write(Path file, byte[] fingerprint, Content content) throws IOException {
        CRC32C checksum = new CRC32C();
        AtomicFile.write(file, channel -> {
            checksum.reset();
            OutputStream buffered = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
            DataOutputStream out = new DataOutputStream(new CheckedOutputStream(buffered, checksum));
            out.writeInt(MAGIC);
            out.writeInt(VERSION);
            out.write(fingerprint);
            content.writeTo(out);
            int sum = (int) checksum.getValue();
            new DataOutputStream(buffered).writeInt(sum);
            buffered.flush();
        });
        return (int) checksum.getValue();
    }

    /**
     * The content of a file. Its checksum is compared before anything else is read.
     *
     * @param fingerprint of the run that it has to be of
     * @throws CheckpointException if it is not such a file, or not whole
     */
    static <T> T read(Path file, byte[] fingerprint, Reader<T> reader) {
        try {
            long content = Files.size(file) - CHECKSUM_BYTES;
            if (content + CHECKSUM_BYTES < LEAST_BYTES) {
                throw new CheckpointException(file + ": was cut off: it has " + Files.size(file) + " bytes");
            }
            checkSum(file, content);
            try (InputStream raw = Files.newInputStream(file);
                    Bounded bounded = new Bounded(new BufferedInputStream(raw, 1 << 16), content);
                    DataInputStream in = new DataInputStream(bounded)) {
                checkHead(file, fingerprint, in);
                T read = reader.readFrom(in);
                if (bounded.left > 0) {
                    throw new CheckpointException(file + ": has " + bounded.left + " bytes behind its end");
                }
                return read;
            }
        } catch (IOException | CodecException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new CheckpointException(file + ": cannot be read: " + FileReason.of(e), e);
        }
    }

    /** Ends where the content does. */
    private static final class Bounded extends InputStream {

        private final InputStream in;
        private long left;

        Bounded(InputStream in, long length) {
            this.in = in;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (left == 0 && length > 0) {
                return -1;
            }
            int got = in.read(to, offset, (int) Math.min(left, length));
            left -= Math.max(got, 0);
            return got;
        }

        /** What can still be asked for: no length in a file is believed beyond it. */
        @Override
        public int available() {
            return (int) Math.min(left, Integer.MAX_VALUE);
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /**
     * The checksum that a file ends with.
     *
     * @throws CheckpointException if there is none
     */
    static int checksum(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer last = ByteBuffer.allocate(CHECKSUM_BYTES);
            if (channel.size() < LEAST_BYTES || channel.read(last, channel.size() - CHECKSUM_BYTES) < CHECKSUM_BYTES) {
                throw new CheckpointException(file + ": was cut off");
            }
            return last.getInt(0);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read: " + FileReason.of(e), e);
        }
    }

    private static void checkSum(Path file, long content) throws IOException {
        CRC32C found = new CRC32C();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            byte[] buffer = new byte[1 << 16];
            for (long left = content; left > 0; ) {
                int part = (int) Math.min(left, buffer.length);
                in.readFully(buffer, 0, part);
                found.update(buffer, 0, part);
                left -= part;
            }
            int announced = in.readInt();
            if (announced != (int) found.getValue()) {
                throw new CheckpointException(String.format(
                        "%s: is damaged: its checksum says %08x, its content has %08x",
                        file, announced, found.getValue()));
            }
        }
    }

    private static void checkHead(Path file, byte[] fingerprint, DataInputStream in) throws IOException {
        if (in.readInt() != MAGIC) {
            throw new CheckpointException(file + ": is no checkpoint");
        }
        int version = in.readInt();
        if (version != VERSION) {
            throw new CheckpointException(file + ": has version " + version + ", but this release reads version "
                    + VERSION + ": go on with the release that wrote it");
        }
        if (!Arrays.equals(in.readNBytes(FINGERPRINT_BYTES), fingerprint)) {
            throw new CheckpointException(file + ": is of a run with another configuration, backend or tuning than "
                    + RunDirectory.CONFIG + " and " + RunDirectory.MANIFEST
                    + " beside it have now: undo what was changed in them, or begin a new run with train");
        }
    }

    // ---- models

    static void write(DataOutputStream out, ModelState state) throws IOException {
        List<Integer> full = new ArrayList<>();
        for (int i = 0; i < state.tensors().size(); i++) {
            TensorState tensor = state.tensors().get(i);
            if (tensor.pattern() != null && tensor.nnz() == tensor.size()) {
                full.add(i);
            }
        }
        out.writeInt(full.size());
        for (int tensor : full) {
            out.writeInt(tensor);
        }
        byte[] message = WireCodec.encode(new SparseUpdate(0, SparseUpdate.SERVER, 0, "", state));
        out.writeInt(message.length);
        out.write(message);
    }

    static ModelState readModel(DataInputStream in) throws IOException {
        int[] full = new int[count(in, Integer.BYTES, "tensors with a full pattern")];
        for (int i = 0; i < full.length; i++) {
            full[i] = in.readInt();
        }
        byte[] message = in.readNBytes(count(in, 1, "bytes of a model"));
        List<TensorState> tensors =
                new ArrayList<>(WireCodec.decode(message, ANYTHING).model().tensors());
        for (int index : full) {
            TensorState tensor = tensors.get(Objects.checkIndex(index, tensors.size()));
            tensors.set(index, tensor.with(SparsityPattern.full(tensor.rows(), tensor.cols()), tensor.values()));
        }
        return new ModelState(tensors);
    }

    /** A number of things that take so many bytes each, and are still to come. */
    static int count(DataInputStream in, int bytes, String what) throws IOException {
        int count = in.readInt();
        if (count < 0 || (long) count * bytes > in.available()) {
            throw new IOException(
                    "it says that it has " + count + " " + what + ", but it has " + in.available() + " bytes left");
        }
        return count;
    }
}
