package dev.gossamer.fl.codec;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
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
 * <p>Lengths are the best of at most {@value #MAX_LENGTH} bits, and codes canonical: in the order of lengths, then of exponents,
 * each written with its highest bit first.
 *
 * <p>Source: "A method for the construction of minimum-redundancy codes", Huffman, 1952; limited lengths: "A fast algorithm for
 * optimal length-limited Huffman codes", Larmore, Hirschberg, Journal of the ACM 37, 1990.
 */
final class ExponentCode {

    static final int MAX_LENGTH = 15;

    /** Sign and fraction. */
    static final int REST_BYTES = 3;

    private static final int EXPONENTS = 256;
    private static final int FRACTION_BITS = 23;
    private static final int FRACTION = (1 << FRACTION_BITS) - 1;

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

    // ---- what a sender decides
    // -------------------------------------------------------------------------------------------

    /** The code for these values; null if they take no less with it than as they are. */
    static @Nullable ExponentCode of(float[] values) {
        if (values.length == 0) {
            return null;
        }
        int[] counts = new int[EXPONENTS];
        for (float value : values) {
            counts[exponent(value)]++;
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
        int[] lengths = first == last ? new int[1] : lengths(its);
        long bits = 0;
        for (int i = 0; i < its.length; i++) {
            bits += (long) its[i] * lengths[i];
        }
        ExponentCode code = new ExponentCode(first, lengths, bits, values.length);
        return code.sizeBytes() < (long) values.length * Float.BYTES ? code : null;
    }

    long sizeBytes() {
        return 2 + lengthBytes(lengths.length) + (bits + 7) / 8 + (long) REST_BYTES * count;
    }

    private static int lengthBytes(int symbols) {
        return symbols == 1 ? 0 : (symbols + 1) / 2;
    }

    /** A package of the algorithm: an exponent, or two packages. */
    private record Bundle(
            long weight,
            int symbol,
            @Nullable Bundle left,
            @Nullable Bundle right) {

        /** Adds one to the length of every exponent in it. */
        void lengthen(int[] lengths) {
            if (left == null || right == null) {
                lengths[symbol]++;
            } else {
                left.lengthen(lengths);
                right.lengthen(lengths);
            }
        }
    }

    /**
     * Package-merge: the best lengths of at most {@link #MAX_LENGTH}, for two or more counts that are not 0. Of equal weights the
     * exponent goes before the package, and the lower exponent before the higher, so that everybody finds the same.
     */
    static int[] lengths(int[] counts) {
        List<Bundle> exponents = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                exponents.add(new Bundle(counts[i], i, null, null));
            }
        }
        exponents.sort(Comparator.comparingLong(Bundle::weight));
        List<Bundle> packages = exponents;
        for (int level = 1; level < MAX_LENGTH; level++) {
            packages = merged(exponents, paired(packages));
        }
        int[] lengths = new int[counts.length];
        packages.subList(0, 2 * exponents.size() - 2).forEach(one -> one.lengthen(lengths));
        return lengths;
    }

    private static List<Bundle> paired(List<Bundle> packages) {
        List<Bundle> pairs = new ArrayList<>();
        for (int i = 0; i + 1 < packages.size(); i += 2) {
            Bundle left = packages.get(i);
            Bundle right = packages.get(i + 1);
            pairs.add(new Bundle(left.weight + right.weight, -1, left, right));
        }
        return pairs;
    }

    private static List<Bundle> merged(List<Bundle> exponents, List<Bundle> pairs) {
        List<Bundle> all = new ArrayList<>(exponents.size() + pairs.size());
        int next = 0;
        for (Bundle exponent : exponents) {
            for (; next < pairs.size() && pairs.get(next).weight < exponent.weight; next++) {
                all.add(pairs.get(next));
            }
            all.add(exponent);
        }
        all.addAll(pairs.subList(next, pairs.size()));
        return all;
    }

    /** The code of each exponent, its first bit lowest. */
    private static int[] codes(int[] lengths) {
        int[] codes = new int[lengths.length];
        int code = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            for (int i = 0; i < lengths.length; i++) {
                if (lengths[i] == length) {
                    codes[i] = Integer.reverse(code++) >>> (Integer.SIZE - length);
                }
            }
            code <<= 1;
        }
        return codes;
    }

    // ---- writing
    // -----------------------------------------------------------------------------------------------------

    /** Writes at the buffer's position the values that this code was made for. */
    void write(float[] values, ByteBuffer out) {
        out.put((byte) first).put((byte) (first + lengths.length - 1));
        if (lengths.length > 1) {
            for (int i = 0; i < lengths.length; i += 2) {
                out.put((byte) (lengths[i] | (i + 1 < lengths.length ? lengths[i + 1] << 4 : 0)));
            }
            writeCodes(values, out);
        }
        byte[] rest = new byte[REST_BYTES * values.length];
        for (int i = 0; i < values.length; i++) {
            int number = Float.floatToRawIntBits(values[i]);
            int its = (number & FRACTION) | (number >>> Byte.SIZE & SIGN);
            rest[3 * i] = (byte) its;
            rest[3 * i + 1] = (byte) (its >>> 8);
            rest[3 * i + 2] = (byte) (its >>> 16);
        }
        out.put(rest);
    }

    private void writeCodes(float[] values, ByteBuffer out) {
        int[] codes = codes(lengths);
        long word = 0;
        int fill = 0;
        for (float value : values) {
            int symbol = exponent(value) - first;
            word |= (long) codes[symbol] << fill;
            fill += lengths[symbol];
            if (fill >= Integer.SIZE) {
                out.putInt((int) word);
                word >>>= Integer.SIZE;
                fill -= Integer.SIZE;
            }
        }
        for (; fill > 0; fill -= Byte.SIZE) {
            out.put((byte) word);
            word >>>= Byte.SIZE;
        }
    }

    // ---- reading
    // -----------------------------------------------------------------------------------------------------

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
        float[] values = new float[count];
        if (lengths.length == 1) {
            Arrays.fill(values, Float.intBitsToFloat(first << FRACTION_BITS));
        } else {
            readExponents(first, lengths, values, in, where);
        }
        if (in.remaining() < (long) REST_BYTES * count) {
            throw new CodecException(where + ": the values are cut off");
        }
        byte[] rest = new byte[REST_BYTES * count];
        in.get(rest);
        for (int i = 0; i < count; i++) {
            int its = (rest[3 * i] & 0xFF) | (rest[3 * i + 1] & 0xFF) << 8 | (rest[3 * i + 2] & 0xFF) << 16;
            int number = (its & FRACTION) | (its & SIGN) << Byte.SIZE;
            values[i] = Float.intBitsToFloat(Float.floatToRawIntBits(values[i]) | number);
        }
        ExponentCode written = of(values);
        if (written == null || written.first != first || !Arrays.equals(written.lengths, lengths)) {
            throw new CodecException(where + ": the exponents have another code than the best");
        }
        return values;
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
            kraft += length == 0 ? 0 : 1 << (MAX_LENGTH - length);
        }
        if (kraft != 1 << MAX_LENGTH) {
            throw new CodecException(where + ": the exponents' code is not complete");
        }
        return lengths;
    }

    /** Leaves values that have their exponents alone. */
    private static void readExponents(int first, int[] lengths, float[] values, ByteBuffer in, String where) {
        int most = Arrays.stream(lengths).max().orElseThrow();
        int[] table = table(first, lengths, most);
        int mask = table.length - 1;
        byte[] bytes = in.array();
        long position = (long) (in.arrayOffset() + in.position()) * Byte.SIZE;
        long limit = (long) (in.arrayOffset() + in.limit()) * Byte.SIZE;
        for (int i = 0; i < values.length; ) {
            long window = BitWindow.at(bytes, position);
            // As many as a window surely has.
            for (int left = BitWindow.BITS; left >= most && i < values.length; i++) {
                int entry = table[(int) window & mask];
                int length = entry & 0xF;
                values[i] = Float.intBitsToFloat(entry >>> 4 << FRACTION_BITS);
                window >>>= length;
                left -= length;
                position += length;
            }
            if (position > limit) {
                throw new CodecException(where + ": the values are cut off");
            }
        }
        in.position(BitWindow.end(bytes, position, where) - in.arrayOffset());
    }

    /** For all bits that may come next: the exponent, and in the lowest four bits the length of its code. */
    private static int[] table(int first, int[] lengths, int most) {
        int[] table = new int[1 << most];
        int[] codes = codes(lengths);
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > 0) {
                for (int at = codes[i]; at < table.length; at += 1 << lengths[i]) {
                    table[at] = (first + i) << 4 | lengths[i];
                }
            }
        }
        return table;
    }
}
