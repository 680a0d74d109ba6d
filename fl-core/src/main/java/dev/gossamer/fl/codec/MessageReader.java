package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what is between the envelope (magic, version, length) and the checksum of a message; see {@link WireCodec}. */
final class MessageReader {

    /** The shortest tensor: an empty name would be refused later, a scalar without a mask. */
    private static final int MIN_TENSOR_BYTES = 4;

    private final byte[] message;
    private final ByteBuffer in;
    private final DecodeOptions options;
    private final @Nullable Reference known;
    private final List<TensorState> tensors = new ArrayList<>();
    private final List<MaskPlan> masks = new ArrayList<>();
    private ValueType type = ValueType.F32;
    private byte @Nullable [] relativeTo;

    /** What masks are relative to, if that is known. */
    private @Nullable Reference reference;

    private long elements;

    MessageReader(byte[] message, DecodeOptions options, @Nullable ModelState reference) {
        this.message = message;
        this.in = ByteBuffer.wrap(message, 12, message.length - 12 - WireCodec.CHECKSUM_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        this.options = options;
        this.known = reference == null ? null : new Reference(reference);
    }

    SparseUpdate read() {
        int round = in.getInt();
        int sender = in.getInt();
        long samples = in.getLong();
        long tensorCount = Integer.toUnsignedLong(in.getInt());
        type = ValueType.ofCode(Byte.toUnsignedInt(in.get()));
        readReference();
        String method = text("method");
        if (tensorCount > in.remaining() / MIN_TENSOR_BYTES) {
            throw new CodecException("The message announces " + tensorCount + " tensors, more than its "
                    + in.remaining() + " bytes can hold");
        }
        for (int i = 0; i < tensorCount; i++) {
            tensors.add(tensor(i));
        }
        if (in.hasRemaining()) {
            throw new CodecException(in.remaining() + " bytes follow the last tensor");
        }
        if (relativeTo != null && !Reference.pays(tensors, masks)) {
            throw new CodecException("The message states a reference, but is smaller without");
        }
        try {
            return new SparseUpdate(round, sender, samples, method, new ModelState(tensors));
        } catch (IllegalArgumentException e) {
            throw new CodecException(String.valueOf(e.getMessage()), e);
        }
    }

    private void readReference() {
        int relative = Byte.toUnsignedInt(in.get());
        if (relative > 1) {
            throw new CodecException("The message's mark for relative masks is " + relative + ", but must be 0 or 1");
        }
        if (relative == 1) {
            need(Reference.DIGEST_BYTES, "the reference", "The message");
            byte[] digest = new byte[Reference.DIGEST_BYTES];
            in.get(digest);
            relativeTo = digest;
            reference = known != null && Arrays.equals(known.digest(), digest) ? known : null;
        }
    }

    private TensorState tensor(int index) {
        String name = text("name of tensor " + index);
        String where = "Tensor " + index + " '" + name + "'";
        int[] shape = shape(where);
        MaskKind kind = MaskKind.ofCode(unsignedByte(where), where);
        SparsityPattern base = reference == null ? null : reference.pattern(name, shape);
        try {
            if (kind == MaskKind.DENSE) {
                masks.add(MaskPlan.of(null, base));
                return TensorState.dense(name, shape, values(TensorState.size(shape), where));
            }
            if (kind.isRelative() && base == null) {
                throw new CodecException(where + ": " + missing());
            }
            MaskReader mask = new MaskReader(message, in, kind, shape, base, where);
            SparsityPattern pattern = mask.read(leastBytes());
            masks.add(mask.plan());
            return TensorState.sparse(name, shape, pattern, values(pattern.nnz(), where));
        } catch (IllegalArgumentException e) {
            throw new CodecException(where + ": " + e.getMessage(), e);
        }
    }

    private String missing() {
        String start = "its mask is written relative to the sender's reference, ";
        if (relativeTo == null) {
            return start + "but the message states none";
        }
        String its = "the masks " + Reference.text(relativeTo);
        if (known == null) {
            return start + its + ", which this side lacks: decode with the model that the sender had";
        }
        return start + its + ", but "
                + (reference == null
                        ? "those here are " + Reference.text(known.digest())
                                + ": decode with the model that the sender had"
                        : "that has no pattern for this name and shape");
    }

    private int[] shape(String where) {
        int rank = unsignedByte(where);
        if (rank > TensorState.MAX_RANK) {
            throw new CodecException(
                    where + ": " + rank + " dimensions, but at most " + TensorState.MAX_RANK + " are allowed");
        }
        need((long) rank * Integer.BYTES, "the shape", where);
        int[] shape = new int[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = in.getInt();
        }
        long size;
        try {
            size = TensorState.size(shape);
            elements += Math.max(size, TensorState.rows(shape));
            TensorState.cols(shape);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new CodecException(where + ": the shape is impossible, " + e.getMessage(), e);
        }
        if (elements > options.maxElements() || elements < 0) {
            throw new CodecException(where + ": the tensors up to here have " + Long.toUnsignedString(elements)
                    + " elements, but at most " + options.maxElements() + " are accepted");
        }
        if (size > WireCodec.MAX_ELEMENTS) {
            throw new CodecException(where + ": " + size + " elements, but a tensor in a message can have at most "
                    + WireCodec.MAX_ELEMENTS);
        }
        return shape;
    }

    /** Of a value. */
    private int leastBytes() {
        return type == ValueType.F32 ? ExponentCode.REST_BYTES : type.sizeBytes();
    }

    private float[] values(long count, String where) {
        if (type == ValueType.F32 && coded(where)) {
            return codedValues(count, where);
        }
        float[] values = plainValues(count, where);
        // A type that rounds never sends them.
        if (options.refuseNonFinite() || type != ValueType.F32) {
            requireFinite(values, where);
        }
        return values;
    }

    private boolean coded(String where) {
        int mark = unsignedByte(where);
        if (mark > WireCodec.CODED) {
            throw new CodecException(where + ": the mark for coded exponents is " + mark + ", but must be 0 or 1");
        }
        return mark == WireCodec.CODED;
    }

    private float[] plainValues(long count, String where) {
        long bytes = count * type.sizeBytes();
        need(bytes, count + " values", where);
        float[] values = type.get((int) count, in);
        in.position(in.position() + (int) bytes);
        if (type == ValueType.F32 && ExponentCode.of(values) != null) {
            throw new CodecException(where + ": the values are smaller with coded exponents");
        }
        return values;
    }

    private float[] codedValues(long count, String where) {
        need(2 + count * ExponentCode.REST_BYTES, count + " values", where);
        boolean finite = ExponentCode.areFinite(in);
        float[] values = ExponentCode.read((int) count, in, where);
        if (options.refuseNonFinite() && !finite) {
            requireFinite(values, where);
        }
        return values;
    }

    private static void requireFinite(float[] values, String where) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new CodecException(where + ": value " + i + " of " + values.length + " is " + values[i]
                        + ": the sender's training diverged, a smaller learning rate may help");
            }
        }
    }

    private String text(String what) {
        need(Short.BYTES, "the length of the " + what, "The message");
        int length = Short.toUnsignedInt(in.getShort());
        need(length, "the " + what, "The message");
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(bytes)
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CodecException("The " + what + " is not valid UTF-8", e);
        }
    }

    private int unsignedByte(String where) {
        need(1, "rank, mask kind or mark", where);
        return Byte.toUnsignedInt(in.get());
    }

    private void need(long bytes, String what, String where) {
        if (bytes > in.remaining()) {
            throw new CodecException(
                    where + ": " + what + " would take " + bytes + " bytes, but only " + in.remaining() + " are left");
        }
    }
}
