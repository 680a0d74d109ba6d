package dev.gossamer.fl.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The wire format of a {@link SparseUpdate}. Every transfer of a run is these bytes, so that their number is what was sent.
 *
 * <p>All numbers are little-endian and, where the table says u, unsigned; text is a u16 length and that many bytes of
 * UTF-8.
 *
 * <pre>
 * magic     4 bytes  "GSMU"
 * version   u32      1
 * length    u32      of the whole message, checksum included, at most 2^31 - 9
 * round     u32
 * sender    i32      a client's index, -1 for the server
 * samples   u64
 * tensors   u32      their number
 * method    text
 * then for each tensor
 *   name    text     not empty, unique
 *   rank    u8       0 to 8
 *   shape   u32      each
 *   kind    u8       {@link MaskKind}: 0 dense, 1 bits, 2 gaps, 3 gaps of the absent
 *   nnz     u32      not for dense
 *   mask             not for dense, see {@link Masks}
 *   values  f32      one for each element, or for each entry of the pattern in row-major order; raw bits
 * checksum  u32      CRC-32C of all bytes before it
 * </pre>
 *
 * <p>The receiver checks everything: magic and version, length and checksum before the rest, then each count against the
 * bytes that are left before it allocates for it, the order of the mask, values, and that nothing trails. It accepts only
 * what the sender would have written, so {@code encode(decode(x))} is {@code x} for every message it accepts.
 */
public final class WireCodec {

    static final int MAGIC = 'G' | 'S' << 8 | 'M' << 16 | 'U' << 24;
    static final int VERSION = 1;
    static final int HEADER_BYTES = 32;
    static final int CHECKSUM_BYTES = Integer.BYTES;
    static final long MAX_BYTES = Integer.MAX_VALUE - 8;
    private static final int LENGTH_AT = 8;
    private static final int MAX_TEXT_BYTES = 0xFFFF;

    private WireCodec() {}

    // ---- sending
    // -----------------------------------------------------------------------------------------------------

    /**
     * The message, a new array.
     *
     * @throws CodecException if it would not fit an array, or a name is not valid Unicode or longer than 65,535 bytes
     */
    public static byte[] encode(SparseUpdate update) {
        byte[] method = text(update.method(), "method");
        List<TensorPlan> plans = new ArrayList<>();
        long length = HEADER_BYTES + textBytes(method) + CHECKSUM_BYTES;
        for (TensorState tensor : update.model().tensors()) {
            TensorPlan plan = TensorPlan.of(tensor);
            plans.add(plan);
            length += plan.sizeBytes();
        }
        if (length > MAX_BYTES) {
            throw new CodecException(
                    "The message would have " + length + " bytes, but one can have at most " + MAX_BYTES);
        }
        ByteBuffer out = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putInt(VERSION).putInt((int) length);
        out.putInt(update.round())
                .putInt(update.sender())
                .putLong(update.samples())
                .putInt(plans.size());
        putText(out, method);
        for (TensorPlan plan : plans) {
            plan.write(out);
        }
        out.putInt(checksum(out.array(), out.position()));
        return out.array();
    }

    /** Exact length of the message that {@link #encode} makes, without making it. */
    public static long sizeBytes(SparseUpdate update) {
        return HEADER_BYTES
                + textBytes(text(update.method(), "method"))
                + update.model().tensors().stream()
                        .mapToLong(tensor -> TensorPlan.of(tensor).sizeBytes())
                        .sum()
                + CHECKSUM_BYTES;
    }

    /** A tensor with everything that its bytes depend on decided. */
    @SuppressWarnings("ArrayRecordComponent") // lives as long as one call of encode
    private record TensorPlan(TensorState tensor, byte[] name, MaskKind kind, long maskBytes) {

        static TensorPlan of(TensorState tensor) {
            MaskKind kind = MaskKind.choose(tensor.pattern());
            long maskBytes = tensor.pattern() == null ? 0 : Masks.sizeBytes(kind, tensor.pattern());
            return new TensorPlan(tensor, text(tensor.name(), "tensor name"), kind, maskBytes);
        }

        long sizeBytes() {
            long shapeBytes = 1 + (long) Integer.BYTES * tensor.shape().length;
            long kindBytes = 1L + (kind == MaskKind.DENSE ? 0 : Integer.BYTES);
            return textBytes(name) + shapeBytes + kindBytes + maskBytes + Float.BYTES * tensor.nnz();
        }

        void write(ByteBuffer out) {
            putText(out, name);
            int[] shape = tensor.shape();
            out.put((byte) shape.length);
            for (int dimension : shape) {
                out.putInt(dimension);
            }
            out.put((byte) kind.code());
            if (tensor.pattern() != null) {
                out.putInt((int) tensor.nnz());
                Masks.write(kind, tensor.pattern(), out);
            }
            int valueBytes = Float.BYTES * (int) tensor.nnz();
            out.slice(out.position(), valueBytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .put(tensor.values());
            out.position(out.position() + valueBytes);
        }
    }

    private static byte[] text(String text, String what) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .encode(CharBuffer.wrap(text));
            if (encoded.remaining() > MAX_TEXT_BYTES) {
                throw new CodecException("The " + what + " has " + encoded.remaining() + " bytes, but at most "
                        + MAX_TEXT_BYTES + " are allowed");
            }
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new CodecException("The " + what + " '" + text + "' is not valid Unicode", e);
        }
    }

    private static long textBytes(byte[] text) {
        return (long) Short.BYTES + text.length;
    }

    private static void putText(ByteBuffer out, byte[] text) {
        out.putShort((short) text.length).put(text);
    }

    // ---- receiving
    // ---------------------------------------------------------------------------------------------------

    /** As {@link #decode(byte[], DecodeOptions)} with {@link DecodeOptions#DEFAULT}. */
    public static SparseUpdate decode(byte[] message) {
        return decode(message, DecodeOptions.DEFAULT);
    }

    /**
     * The update in a message.
     *
     * @throws CodecException if the message is not exactly one that {@link #encode} makes, or the options refuse it
     */
    public static SparseUpdate decode(byte[] message, DecodeOptions options) {
        checkEnvelope(message);
        return new MessageReader(message, options).read();
    }

    private static void checkEnvelope(byte[] message) {
        ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        if (message.length < HEADER_BYTES + CHECKSUM_BYTES) {
            throw new CodecException(
                    "The message has " + message.length + " bytes, but a header and a checksum alone have "
                            + (HEADER_BYTES + CHECKSUM_BYTES) + ": it was cut off");
        }
        if (in.getInt(0) != MAGIC) {
            throw new CodecException(
                    String.format("The message starts with %08x, not with \"GSMU\": it is no model", in.getInt(0)));
        }
        if (in.getInt(4) != VERSION) {
            throw new CodecException("The message has version " + Integer.toUnsignedString(in.getInt(4))
                    + ", but this side reads version " + VERSION + ": run the same release on server and clients");
        }
        if (in.getInt(LENGTH_AT) != message.length) {
            throw new CodecException("The message says that it has " + Integer.toUnsignedString(in.getInt(LENGTH_AT))
                    + " bytes, but " + message.length + " arrived");
        }
        int announced = in.getInt(message.length - CHECKSUM_BYTES);
        int found = checksum(message, message.length - CHECKSUM_BYTES);
        if (announced != found) {
            throw new CodecException(String.format(
                    "The message was damaged: its checksum says %08x, its content has %08x", announced, found));
        }
    }

    private static int checksum(byte[] message, int length) {
        CRC32C crc = new CRC32C();
        crc.update(message, 0, length);
        return (int) crc.getValue();
    }
}
