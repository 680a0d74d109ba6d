package dev.gossamer.fl.codec;

import java.nio.ByteBuffer;

/**
 * Reads codes of a {@link PrefixCode}: several at a glance, from a table of what the next bits stand for. Codes of exponents have
 * two to three bits, so that {@value #MAX_WIDTH} of them are four symbols, and their table stays in the nearest cache.
 */
final class PrefixDecoder {

    private static final int MAX_WIDTH = 11;

    /** An entry of the table: so many symbols in its lowest bytes, then a byte with their number, then one with their bits. */
    private static final int MAX_SYMBOLS = 6;

    private static final int COUNT_AT = 48;
    private static final int BITS_AT = 56;
    private static final long ALL_BUT_THE_LAST = (1L << (Byte.SIZE * (MAX_SYMBOLS - 1))) - 1;

    /** Glances that a window surely has the bits for. */
    private static final int GLANCES = BitWindow.BITS / MAX_WIDTH;

    private final int first;
    private final int[] lengths;
    private final int[] codes;
    private final int width;

    /** For w bits that come next, at {@code 1 << w | bits}: the symbols whose codes end within them. */
    private final long[] table;

    /**
     * A decoder.
     *
     * @param first symbol that the first length is of
     * @param lengths of the codes; 0 for a symbol without
     * @param count of symbols to be read, for which a table has to pay
     */
    PrefixDecoder(int first, int[] lengths, int count) {
        this.first = first;
        this.lengths = lengths;
        this.codes = PrefixCode.codes(lengths);
        int log = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(1, count));
        this.width = Math.clamp(log - 4, 4, MAX_WIDTH);
        this.table = table();
    }

    /** What follows a symbol in w bits is what fewer bits have. */
    private long[] table() {
        long[] all = new long[2 << width];
        for (int w = 1; w <= width; w++) {
            for (int i = 0; i < lengths.length; i++) {
                if (lengths[i] > 0 && lengths[i] <= w) {
                    int others = 1 << (w - lengths[i]);
                    for (int bits = 0; bits < others; bits++) {
                        all[1 << w | bits << lengths[i] | codes[i]] = before(i, all, others | bits);
                    }
                }
            }
        }
        return all;
    }

    /** A symbol and those of an entry, or of an entry of fewer bits if these are too many. */
    private long before(int i, long[] all, int at) {
        long entry = all[at];
        if (count(entry) == MAX_SYMBOLS) {
            int bits = MAX_SYMBOLS - 1;
            entry = all[1 << bits | (at & ((1 << bits) - 1))];
        }
        long symbols = (entry & ALL_BUT_THE_LAST) << Byte.SIZE | (first + i);
        return symbols | (count(entry) + 1L) << COUNT_AT | (bits(entry) + (long) lengths[i]) << BITS_AT;
    }

    private static int count(long entry) {
        return (int) (entry >>> COUNT_AT) & 0xFF;
    }

    private static int bits(long entry) {
        return (int) (entry >>> BITS_AT);
    }

    /**
     * Reads so many symbols at the buffer's position, which moves to the byte after the last.
     *
     * @param in an array's
     * @return the symbols; what lies behind them in the array is of no meaning
     * @throws CodecException if they are cut off, or bits after the last code are not 0
     */
    byte[] read(int count, ByteBuffer in, String where) {
        byte[] symbols = new byte[count + Long.BYTES];
        byte[] bytes = in.array();
        long limit = (long) (in.arrayOffset() + in.limit()) * Byte.SIZE;
        long position = (long) (in.arrayOffset() + in.position()) * Byte.SIZE;
        long mask = (1L << width) - 1;
        int at = 0;
        while (at <= count - GLANCES * MAX_SYMBOLS && position <= limit) {
            long window = BitWindow.at(bytes, position);
            long entry = 0;
            for (int i = 0; i < GLANCES; i++) {
                entry = table[(int) (1L << width | (window & mask))];
                BitWindow.put(symbols, at, entry);
                at += count(entry);
                window >>>= bits(entry);
                position += bits(entry);
            }
            if (entry == 0) {
                // The window may have fewer bits left than a long code has.
                position += next(BitWindow.at(bytes, position), symbols, at++);
            }
        }
        while (at < count && position <= limit) {
            position += next(BitWindow.at(bytes, position), symbols, at++);
        }
        if (position > limit) {
            throw new CodecException(where + ": the values are cut off");
        }
        in.position(BitWindow.end(bytes, position, where) - in.arrayOffset());
        return symbols;
    }

    /** Finds one symbol, whatever its length, and tells that. */
    private int next(long window, byte[] symbols, int at) {
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > 0 && ((window ^ codes[i]) & ((1L << lengths[i]) - 1)) == 0) {
                symbols[at] = (byte) (first + i);
                return lengths[i];
            }
        }
        throw new AssertionError("a complete code has a symbol for all bits");
    }
}
