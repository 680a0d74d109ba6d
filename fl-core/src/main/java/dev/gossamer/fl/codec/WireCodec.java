package dev.gossamer.fl.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The wire format of a {@link SparseUpdate}. Every transfer of a run is these bytes, so that their number is what was sent.
 *
 * <p>All numbers are little-endian and, where the table says u, unsigned; text is a u16 length and that many bytes of
 * UTF-8.
 *
 * <pre>
 * magic      4 bytes  "GSMU"
 * version    u32      3
 * length     u32      of the whole message, checksum included, at most 2^31 - 9
 * round      u32
 * sender     i32      a client's index, -1 for the server
 * samples    u64
 * tensors    u32      their number
 * values     u8       {@link ValueType}: 0 f32, 1 f16, 2 bf16
 * relative   u8       1 if a mask is written relative to a reference model's, else 0
 * reference  16 bytes only if relative: digest of the reference's names, shapes and patterns
 * method     text
 * then for each tensor
 *   name     text     not empty, unique
 *   rank     u8       0 to 8
 *   shape    u32      each; at most 2^31 - 9 elements
 *   kind     u8       {@link MaskKind}
 *   count    u32      not for kinds 0 and 6: elements with values, for kind 7 elements that differ
 *   k        u8       only for kinds 4, 5 and 7: parameter of the Rice code, 0 to 30
 *   mask              see below
 *   coded    u8       only for values 0: 1 if the values are written as {@link ExponentCode} has them, else 0
 *   values            one for each element, or for each entry of the pattern in row-major order
 * checksum   u32      CRC-32C of all bytes before it
 * </pre>
 *
 * <p>Elements are numbered in row-major order, and a gap is the number of elements skipped since the one before.
 *
 * <pre>
 * kind  mask
 * 0     none: all values are there
 * 1     a bit for each element, low bits first
 * 2     gaps of the elements with values, LEB128 (whole bytes)
 * 3     gaps of those without, LEB128
 * 4     gaps of the elements with values, Rice code of parameter k (bits)
 * 5     gaps of those without, Rice code
 * 6     none: the reference's pattern
 * 7     gaps of the elements in which pattern and reference's pattern differ, Rice code
 * </pre>
 *
 * <p>The sender takes what is smallest, counted exactly; of equals the lower kind, the smaller k, values that are not coded. It is relative only if
 * that saves more than the digest takes. The receiver checks everything: magic and version, length and checksum before the
 * rest, then each count against the bytes that are left before it allocates for it, the masks, values, and that nothing
 * trails. It accepts only what the sender would have written: {@code encode(decode(x))}, with the type of x and, if x is
 * relative, its reference, is {@code x} for every message it accepts.
 */
public final class WireCodec {

    static final int MAGIC = 'G' | 'S' << 8 | 'M' << 16 | 'U' << 24;
    static final int VERSION = 3;
    static final int HEADER_BYTES = 34;
    static final int CHECKSUM_BYTES = Integer.BYTES;
    static final long MAX_BYTES = Integer.MAX_VALUE - 8;
    static final long MAX_ELEMENTS = Integer.MAX_VALUE - 8;
    static final int PLAIN = 0;
    static final int CODED = 1;
    private static final int LENGTH_AT = 8;
    private static final int MAX_TEXT_BYTES = 0xFFFF;

    private WireCodec() {}

    // ---- sending
    // -----------------------------------------------------------------------------------------------------

    /** As {@link #encode(SparseUpdate, ModelState)}, for a receiver that need not have any model. */
    public static byte[] encode(SparseUpdate update) {
        return encode(update, null);
    }

    /**
     * The message with values as they are, a new array.
     *
     * @param reference a model that the receiver has, so that masks equal or close to its need not be sent, or null; only
     *     names, shapes and patterns matter
     * @throws CodecException if it would not fit an array, a tensor has more than 2^31 - 9 elements, or a name is not valid
     *     Unicode or longer than 65,535 bytes
     */
    public static byte[] encode(SparseUpdate update, @Nullable ModelState reference) {
        return write(MessagePlan.of(update, ValueType.F32, reference));
    }

    /**
     * The message with values rounded to a type, and what rounding took away, for {@link ErrorFeedback}.
     *
     * @param reference as for {@link #encode(SparseUpdate, ModelState)}
     * @throws CodecException as there, or if the type cannot hold a value: NaN, or beyond its largest number
     */
    public static RoundedMessage encodeRounded(SparseUpdate update, ValueType type, @Nullable ModelState reference) {
        return RoundedMessage.of(update, type, write(MessagePlan.of(update, type, reference)));
    }

    private static byte[] write(MessagePlan plan) {
        long length = plan.sizeBytes();
        if (length > MAX_BYTES) {
            throw new CodecException(
                    "The message would have " + length + " bytes, but one can have at most " + MAX_BYTES);
        }
        ByteBuffer out = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
        plan.write(out);
        out.putInt(checksum(out.array(), out.position()));
        return out.array();
    }

    /** Exact length of the message that {@link #encode(SparseUpdate, ModelState)} makes, without making it. */
    public static long sizeBytes(SparseUpdate update, @Nullable ModelState reference) {
        return MessagePlan.of(update, ValueType.F32, reference).sizeBytes();
    }

    static byte[] text(String text, String what) {
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

    // ---- receiving
    // ---------------------------------------------------------------------------------------------------

    /** As {@link #decode(byte[], DecodeOptions)} with {@link DecodeOptions#DEFAULT}. */
    public static SparseUpdate decode(byte[] message) {
        return decode(message, DecodeOptions.DEFAULT);
    }

    /** As {@link #decode(byte[], DecodeOptions, ModelState)}, for a message that is not relative. */
    public static SparseUpdate decode(byte[] message, DecodeOptions options) {
        return decode(message, options, null);
    }

    /**
     * The update in a message; rounded values are those that the message has.
     *
     * @param reference the model that the sender may have written masks relative to, or null
     * @throws CodecException if the message is not exactly one that {@link #encode} makes, the options refuse it, or it is
     *     relative to another model than the reference, naming the first tensor that is
     */
    public static SparseUpdate decode(byte[] message, DecodeOptions options, @Nullable ModelState reference) {
        checkEnvelope(message);
        return new MessageReader(message, options, reference).read();
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
