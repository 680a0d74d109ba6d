package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the mask of one tensor: count, parameter and payload. */
final class MaskReader {

    private final byte[] message;
    private final ByteBuffer in;
    private final String where;
    private final MaskKind kind;
    private final int rows;
    private final int cols;
    private final int size;
    private final @Nullable SparsityPattern base;
    private int parameter;

    /** Of the pattern, where they were read. */
    private int @Nullable [] present;

    private @Nullable MaskPlan plan;

    /**
     * A reader of the bytes at a position.
     *
     * @param in a view of the message, little-endian
     * @param shape of a tensor of less than 2^31 elements
     * @param base the reference's pattern, or null; not null for kinds that are relative
     * @param where for messages of errors
     */
    MaskReader(
            byte[] message, ByteBuffer in, MaskKind kind, int[] shape, @Nullable SparsityPattern base, String where) {
        this.message = message;
        this.in = in;
        this.kind = kind;
        this.rows = TensorState.rows(shape);
        this.cols = TensorState.cols(shape);
        this.size = rows * cols;
        this.base = base;
        this.where = where;
    }

    /**
     * The pattern, the buffer being after it.
     *
     * @param valueBytes of each value that has to follow
     */
    SparsityPattern read(int valueBytes) {
        int count = kind == MaskKind.REFERENCE ? 0 : count();
        if (kind.isRice()) {
            parameter = parameter();
        }
        long values = switch (kind) {
            case REFERENCE -> base().nnz();
            case CHANGES -> Math.max(0, base().nnz() - count);
            default -> count;
        };
        need(values * valueBytes, values + " values");
        SparsityPattern pattern = switch (kind) {
            case DENSE -> throw new IllegalArgumentException("A dense tensor has no mask");
            case REFERENCE -> base();
            case BITS -> bits(count);
            case GAPS, RICE -> ofGaps(gaps(count));
            case ABSENT_GAPS, ABSENT_RICE -> flipped(gaps(size - count), allSet());
            case CHANGES -> flipped(gaps(count), base().toBits());
        };
        plan = MaskPlan.of(pattern, base, present);
        requireSmallest();
        return pattern;
    }

    /** What was read, as the sender had planned it. */
    MaskPlan plan() {
        return Objects.requireNonNull(plan, "before read");
    }

    private SparsityPattern base() {
        return Objects.requireNonNull(base);
    }

    private int count() {
        need(kind.fieldBytes(), "the number of entries");
        int count = in.getInt();
        if (Integer.toUnsignedLong(count) > size) {
            throw new CodecException(where + ": " + Integer.toUnsignedLong(count)
                    + " entries are announced in a tensor of " + size + " elements");
        }
        return count;
    }

    private int parameter() {
        int k = Byte.toUnsignedInt(in.get());
        if (k > RiceCode.MAX_PARAMETER) {
            throw new CodecException(where + ": the parameter of the mask's code is " + k + ", but must be at most "
                    + RiceCode.MAX_PARAMETER);
        }
        return k;
    }

    private SparsityPattern bits(int count) {
        int bytes = (int) MaskPlan.bitBytes(size);
        need(bytes, "the mask");
        ByteBuffer words = ByteBuffer.allocate(wordCount() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        in.get(words.array(), 0, bytes);
        long[] bits = new long[wordCount()];
        words.asLongBuffer().get(bits);
        int spare = size & 63;
        if (spare != 0 && bits[bits.length - 1] >>> spare != 0) {
            throw new CodecException(where + ": the mask has bits beyond its last element");
        }
        long set = 0;
        for (long word : bits) {
            set += Long.bitCount(word);
        }
        if (set != count) {
            throw new CodecException(where + ": the mask has " + set + " elements, but " + count + " are announced");
        }
        return SparsityPattern.fromBits(rows, cols, bits);
    }

    /** A gap takes a bit, or a byte, or more: what cannot be there is refused before memory is taken for it. */
    private int[] gaps(int count) {
        if (kind.isRice()) {
            need(MaskPlan.bitBytes(count), "the mask");
            RiceCode.Reader reader = new RiceCode.Reader(message, in.position(), in.limit(), parameter, where);
            int[] gaps = reader.read(count);
            in.position(reader.end());
            return gaps;
        }
        need(count, "the mask");
        Leb128.Reader reader = new Leb128.Reader(message, in.position(), in.limit(), where);
        int[] gaps = reader.read(count);
        in.position(reader.end());
        return gaps;
    }

    private SparsityPattern ofGaps(int[] gaps) {
        present = gaps;
        return Gaps.pattern(gaps, rows, cols, where);
    }

    private SparsityPattern flipped(int[] gaps, long[] bits) {
        Gaps.flip(bits, gaps, size, where);
        return SparsityPattern.fromBits(rows, cols, bits);
    }

    private int wordCount() {
        return (size + 63) >>> 6;
    }

    private long[] allSet() {
        long[] bits = new long[wordCount()];
        Arrays.fill(bits, -1L);
        int spare = size & 63;
        if (spare != 0) {
            bits[bits.length - 1] = (1L << spare) - 1;
        }
        return bits;
    }

    private void requireSmallest() {
        MaskPlan smallest = plan();
        if (smallest.kind() != kind) {
            throw new CodecException(
                    where + ": the mask is written as " + kind + ", but " + smallest.kind() + " is smaller");
        }
        if (smallest.parameter() != parameter) {
            throw new CodecException(where + ": the mask is written with parameter " + parameter + ", but "
                    + smallest.parameter() + " is smaller");
        }
    }

    private void need(long bytes, String what) {
        if (bytes > in.remaining()) {
            throw new CodecException(
                    where + ": " + what + " would take " + bytes + " bytes, but only " + in.remaining() + " are left");
        }
    }
}
