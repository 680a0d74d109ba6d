package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads what is between the envelope (magic, version, length) and the checksum of a message; see {@link WireCodec}. */
final class MessageReader {

    /** The shortest tensor: an empty name would be refused later, a scalar without a mask. */
    private static final int MIN_TENSOR_BYTES = 4;

    private final ByteBuffer in;
    private final DecodeOptions options;
    private long elements;

    MessageReader(byte[] message, DecodeOptions options) {
        this.in = ByteBuffer.wrap(message, 12, message.length - 12 - WireCodec.CHECKSUM_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        this.options = options;
    }

    SparseUpdate read() {
        int round = in.getInt();
        int sender = in.getInt();
        long samples = in.getLong();
        long tensorCount = Integer.toUnsignedLong(in.getInt());
        String method = text("method");
        if (tensorCount > in.remaining() / MIN_TENSOR_BYTES) {
            throw new CodecException("The message announces " + tensorCount + " tensors, more than its "
                    + in.remaining() + " bytes can hold");
        }
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < tensorCount; i++) {
            tensors.add(tensor(i));
        }
        if (in.hasRemaining()) {
            throw new CodecException(in.remaining() + " bytes follow the last tensor");
        }
        try {
            return new SparseUpdate(round, sender, samples, method, new ModelState(tensors));
        } catch (IllegalArgumentException e) {
            throw new CodecException(String.valueOf(e.getMessage()), e);
        }
    }

    private TensorState tensor(int index) {
        String name = text("name of tensor " + index);
        String where = "Tensor " + index + " '" + name + "'";
        int[] shape = shape(where);
        MaskKind kind = MaskKind.ofCode(unsignedByte(where), where);
        try {
            if (kind == MaskKind.DENSE) {
                return TensorState.dense(name, shape, values(TensorState.size(shape), where));
            }
            SparsityPattern pattern = pattern(kind, shape, where);
            return TensorState.sparse(name, shape, pattern, values(pattern.nnz(), where));
        } catch (IllegalArgumentException e) {
            throw new CodecException(where + ": " + e.getMessage(), e);
        }
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
        try {
            elements += Math.max(TensorState.size(shape), TensorState.rows(shape));
            TensorState.cols(shape);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new CodecException(where + ": the shape is impossible, " + e.getMessage(), e);
        }
        if (elements > options.maxElements() || elements < 0) {
            throw new CodecException(where + ": the tensors up to here have " + Long.toUnsignedString(elements)
                    + " elements, but at most " + options.maxElements() + " are accepted");
        }
        return shape;
    }

    private SparsityPattern pattern(MaskKind kind, int[] shape, String where) {
        need(Integer.BYTES, "the number of entries", where);
        long nnz = Integer.toUnsignedLong(in.getInt());
        long size = TensorState.size(shape);
        if (nnz > size) {
            throw new CodecException(
                    where + ": " + nnz + " entries are announced in a tensor of " + size + " elements");
        }
        need(nnz * Float.BYTES, nnz + " values", where);
        // Each gap takes a byte at least: a mask that cannot be there is refused before memory is taken for it.
        need(
                switch (kind) {
                    case DENSE -> 0;
                    case BITS -> Masks.bitBytes(size);
                    case GAPS -> nnz;
                    case ABSENT_GAPS -> size - nnz;
                },
                "the mask",
                where);
        SparsityPattern pattern =
                Masks.read(kind, TensorState.rows(shape), TensorState.cols(shape), (int) nnz, in, where);
        MaskKind smallest = MaskKind.choose(pattern);
        if (smallest != kind) {
            throw new CodecException(where + ": the mask is written as " + kind + ", but " + smallest + " is smaller");
        }
        return pattern;
    }

    private float[] values(long count, String where) {
        need(count * Float.BYTES, count + " values", where);
        float[] values = new float[(int) count];
        int bytes = (int) count * Float.BYTES;
        in.slice(in.position(), bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        in.position(in.position() + bytes);
        if (options.refuseNonFinite()) {
            for (int i = 0; i < values.length; i++) {
                if (!Float.isFinite(values[i])) {
                    throw new CodecException(where + ": value " + i + " of " + values.length + " is " + values[i]
                            + ": the sender's training diverged, a smaller learning rate may help");
                }
            }
        }
        return values;
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
        need(1, "rank or mask kind", where);
        return Byte.toUnsignedInt(in.get());
    }

    private void need(long bytes, String what, String where) {
        if (bytes > in.remaining()) {
            throw new CodecException(
                    where + ": " + what + " would take " + bytes + " bytes, but only " + in.remaining() + " are left");
        }
    }
}
