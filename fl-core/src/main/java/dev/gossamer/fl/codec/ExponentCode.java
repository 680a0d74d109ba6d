package dev.gossamer.fl.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * f32 values with Huffman codes for their exponents; nothing is lost. The exponents of a layer's weights are few and most of them
 * the same, so that a code takes two to three bits where the number has eight; sign and fraction have no redundancy to speak of
 * and follow as they are, 24 bits each.
 *
 * <pre>
 * first    u8      smallest biased exponent
 * last     u8      largest
 * lengths          of the codes of first to last, 4 bits each, low half first; 0 for an exponent that does not occur; only if
 *                  first is not last
 * codes            of all values; bits fill each byte from its lowest, those after the last code are 0; only if first is not last
 * rest     3 bytes for each value: 23 bits of fraction, then the sign
 * </pre>
 *
 * <p>Lengths and codes are those of {@link PrefixCode}.
 */
final class ExponentCode {

    /** Sign and fraction. */
    static final int REST_BYTES = 3;

    private static final int EXPONENTS = 256;
    private static final int FRACTION_BITS = 23;
    private static final int FRACTION = (1 << FRACTION_BITS) - 1;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** Where the sign is in the rest. */
    private static final int SIGN = 1 << FRACTION_BITS;

    private final int first;
    private final int[] lengths;
    private final long bits;
    private final int count;

    private ExponentCode(int first, int[] lengths, long bits, int count) {
        this.first = first;
        this.lengths = lengths;
        this.bits = bits;
        this.count = count;
    }

    private static int exponent(float value) {
        return Float.floatToRawIntBits(value) >>> FRACTION_BITS & 0xFF;
    }

    /** How often each exponent occurs: neighbours are mostly the same, and would wait for each other in one table. */
    private static int[] counts(float[] values) {
        int[] counts = new int[4 * EXPONENTS];
        int whole = values.length & -4;
        for (int i = 0; i < whole; i += 4) {
            counts[exponent(values[i])]++;
            counts[EXPONENTS + exponent(values[i + 1])]++;
            counts[2 * EXPONENTS + exponent(values[i + 2])]++;
            counts[3 * EXPONENTS + exponent(values[i + 3])]++;
        }
        for (int i = whole; i < values.length; i++) {
            counts[exponent(values[i])]++;
        }
        return folded(counts);
    }

    /** The same of exponents by themselves. */
    private static int[] counts(byte[] exponents, int count) {
        int[] counts = new int[4 * EXPONENTS];
        int whole = count & -4;
        for (int i = 0; i < whole; i += 4) {
            counts[exponents[i] & 0xFF]++;
            counts[EXPONENTS + (exponents[i + 1] & 0xFF)]++;
            counts[2 * EXPONENTS + (exponents[i + 2] & 0xFF)]++;
            counts[3 * EXPONENTS + (exponents[i + 3] & 0xFF)]++;
        }
        for (int i = whole; i < count; i++) {
            counts[exponents[i] & 0xFF]++;
        }
        return folded(counts);
    }

    private static int[] folded(int[] counts) {
        for (int i = 0; i < EXPONENTS; i++) {
            counts[i] += counts[EXPONENTS + i] + counts[2 * EXPONENTS + i] + counts[3 * EXPONENTS + i];
        }
        return Arrays.copyOf(counts, EXPONENTS);
    }

    // ---- what a sender decides
    // -------------------------------------------------------------------------------------------

    /** The code for these values; null if they take no less with it than as they are. */
    static @Nullable ExponentCode of(float[] values) {
        return of(counts(values), values.length);
    }

    /** The same for exponents that occur so often. */
    private static @Nullable ExponentCode of(int[] counts, int count) {
        if (count == 0) {
            return null;
        }
        int first = 0;
        while (counts[first] == 0) {
            first++;
        }
        int last = EXPONENTS - 1;
        while (counts[last] == 0) {
            last--;
        }
        int[] its = Arrays.copyOfRange(counts, first, last + 1);
        int[] lengths = first == last ? new int[1] : PrefixCode.lengths(its);
        long bits = 0;
        for (int i = 0; i < its.length; i++) {
            bits += (long) its[i] * lengths[i];
        }
        ExponentCode code = new ExponentCode(first, lengths, bits, count);
        return code.sizeBytes() < (long) count * Float.BYTES ? code : null;
    }

    long sizeBytes() {
        return 2 + lengthBytes(lengths.length) + (bits + 7) / 8 + (long) REST_BYTES * count;
    }

    private static int lengthBytes(int symbols) {
        return symbols == 1 ? 0 : (symbols + 1) / 2;
    }

    // ---- writing
    // -----------------------------------------------------------------------------------------------------

    /**
     * Writes at the buffer's position the values that this code was made for.
     *
     * @param out an array's
     */
    void write(float[] values, ByteBuffer out) {
        out.put((byte) first).put((byte) (first + lengths.length - 1));
        if (lengths.length > 1) {
            for (int i = 0; i < lengths.length; i += 2) {
                out.put((byte) (lengths[i] | (i + 1 < lengths.length ? lengths[i + 1] << 4 : 0)));
            }
            writeCodes(values, out.array(), out.arrayOffset() + out.position());
            out.position(out.position() + (int) ((bits + 7) / 8));
        }
        writeRest(values, out.array(), out.arrayOffset() + out.position());
        out.position(out.position() + REST_BYTES * values.length);
    }

    /**
     * Writes up to eight bytes more, where the rest comes: where codes pay, there are three values or more. Four codes at once, so
     * that the next four do not wait for each of them.
     */
    private void writeCodes(float[] values, byte[] out, int start) {
        int[] codes = codesAboveLengths();
        long position = (long) start * Byte.SIZE;
        long word = 0;
        int whole = values.length & -4;
        for (int i = 0; i < whole; i += 4) {
            int a = codes[exponent(values[i])];
            int b = codes[exponent(values[i + 1])];
            int c = codes[exponent(values[i + 2])];
            int d = codes[exponent(values[i + 3])];
            int ab = (a >>> Byte.SIZE) | (b >>> Byte.SIZE) << a;
            int cd = (c >>> Byte.SIZE) | (d >>> Byte.SIZE) << c;
            int ofAb = (a + b) & 0xFF;
            int ofCd = (c + d) & 0xFF;
            if (ofAb + ofCd > Long.SIZE - Byte.SIZE) {
                word = put(ab, ofAb, word, out, position);
                position += ofAb;
                ab = cd;
                ofAb = ofCd;
                cd = 0;
                ofCd = 0;
            }
            word = put(ab | (long) cd << ofAb, ofAb + ofCd, word, out, position);
            position += ofAb + ofCd;
        }
        for (int i = whole; i < values.length; i++) {
            int one = codes[exponent(values[i])];
            word = put(one >>> Byte.SIZE, one & 0xFF, word, out, position);
            position += one & 0xFF;
        }
    }

    /**
     * Sets up to 56 bits from a position on.
     *
     * @param word what its byte has before them
     * @return what the byte has in which they end
     */
    private static long put(long code, int length, long word, byte[] out, long position) {
        int before = (int) position & 7;
        long all = word | code << before;
        BitWindow.put(out, (int) (position >>> 3), all);
        return all >>> (before + length & ~7);
    }

    /** For each exponent its code, above eight bits for the code's length. */
    private int[] codesAboveLengths() {
        int[] all = new int[EXPONENTS];
        int[] codes = PrefixCode.codes(lengths);
        for (int i = 0; i < codes.length; i++) {
            all[first + i] = codes[i] << Byte.SIZE | lengths[i];
        }
        return all;
    }

    /** Writes eight bytes for six as long as there is room for them. */
    private static void writeRest(float[] values, byte[] out, int start) {
        int paired = Math.max(0, values.length - 1) / 2 * 2;
        for (int i = 0; i < paired; i += 2) {
            BitWindow.put(
                    out, start + REST_BYTES * i, rest(values[i]) | rest(values[i + 1]) << (REST_BYTES * Byte.SIZE));
        }
        for (int i = paired; i < values.length; i++) {
            long its = rest(values[i]);
            for (int k = 0; k < REST_BYTES; k++) {
                out[start + REST_BYTES * i + k] = (byte) (its >>> (Byte.SIZE * k));
            }
        }
    }

    private static long rest(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (bits & FRACTION) | (bits >>> Byte.SIZE & SIGN);
    }

    // ---- reading
    // -----------------------------------------------------------------------------------------------------

    /** Whether no value at the buffer's position is infinite or NaN, as the largest exponent tells. */
    static boolean areFinite(ByteBuffer in) {
        return Byte.toUnsignedInt(in.get(in.position() + 1)) < EXPONENTS - 1;
    }

    /**
     * Reads at the buffer's position, which moves behind the values.
     *
     * @param in an array's, that the caller has made sure has {@link #REST_BYTES} for each value
     * @throws CodecException if no sender writes this
     */
    static float[] read(int count, ByteBuffer in, String where) {
        int first = Byte.toUnsignedInt(in.get());
        int last = Byte.toUnsignedInt(in.get());
        if (last < first) {
            throw new CodecException(where + ": exponents from " + first + " to " + last);
        }
        int[] lengths = readLengths(last - first + 1, in, where);
        byte[] exponents = lengths.length == 1
                ? same(first, count)
                : new PrefixDecoder(first, lengths, count).read(count, in, where);
        if (in.remaining() < (long) REST_BYTES * count) {
            throw new CodecException(where + ": the values are cut off");
        }
        ExponentCode written = of(counts(exponents, count), count);
        if (written == null || written.first != first || !Arrays.equals(written.lengths, lengths)) {
            throw new CodecException(where + ": the exponents have another code than the best");
        }
        return joined(exponents, count, in);
    }

    private static float[] joined(byte[] exponents, int count, ByteBuffer in) {
        float[] values = new float[count];
        byte[] bytes = in.array();
        // One byte before is read as well, and goes.
        int at = in.arrayOffset() + in.position() - 1;
        for (int i = 0; i < count; i++) {
            int its = (int) INT.get(bytes, at + REST_BYTES * i);
            values[i] = Float.intBitsToFloat((its & Integer.MIN_VALUE)
                    | (exponents[i] & 0xFF) << FRACTION_BITS
                    | (its >>> Byte.SIZE & FRACTION));
        }
        in.position(in.position() + REST_BYTES * count);
        return values;
    }

    private static byte[] same(int exponent, int count) {
        byte[] exponents = new byte[count];
        Arrays.fill(exponents, (byte) exponent);
        return exponents;
    }

    private static int[] readLengths(int symbols, ByteBuffer in, String where) {
        int[] lengths = new int[symbols];
        if (symbols == 1) {
            return lengths;
        }
        if (in.remaining() < lengthBytes(symbols)) {
            throw new CodecException(where + ": the exponents' code is cut off");
        }
        int kraft = 0;
        for (int i = 0; i < symbols; i += 2) {
            int two = Byte.toUnsignedInt(in.get());
            lengths[i] = two & 0xF;
            if (i + 1 < symbols) {
                lengths[i + 1] = two >>> 4;
            } else if (two >>> 4 != 0) {
                throw new CodecException(where + ": the exponents' code has a length too many");
            }
        }
        for (int length : lengths) {
            kraft += length == 0 ? 0 : 1 << (PrefixCode.MAX_LENGTH - length);
        }
        if (kraft != 1 << PrefixCode.MAX_LENGTH) {
            throw new CodecException(where + ": the exponents' code is not complete");
        }
        return lengths;
    }
}
