package dev.gossamer.fl.codec;

/**
 * Gaps as Rice codes: with parameter k, gap g is {@code g >> k} zero bits, a one bit, and the low k bits of g, low bits
 * first. Bits fill each byte from its lowest; those after the last code are 0.
 *
 * <p>Source: "Some practical universal noiseless coding techniques", Rice, JPL 79-22, 1979; near to optimal for independent
 * entries, whose gaps are geometric: Gallager, Van Voorhis, "Optimal source codes for geometrically distributed integer
 * alphabets", IEEE Transactions on Information Theory 21, 1975.
 */
final class RiceCode {

    /** Gaps are below 2^31: more low bits than this change nothing. */
    static final int MAX_PARAMETER = 30;

    /** Zeros that fit a word together with the bit that ends them and the longest low part. */
    private static final int MAX_ZEROS = 32;

    private RiceCode() {}

    // ---- size
    // --------------------------------------------------------------------------------------------------------

    /** Bits of all gaps, whose sum is below 2^31. */
    static long sizeBits(int[] gaps, int k) {
        int quotients = 0;
        for (int gap : gaps) {
            quotients += gap >>> k;
        }
        return (long) gaps.length * (k + 1) + quotients;
    }

    static long sizeBytes(int[] gaps, int k) {
        return (sizeBits(gaps, k) + 7) >>> 3;
    }

    /**
     * The parameter of fewest bits, the smallest of several. One more low bit costs a bit for each gap and saves
     * {@code Σ ⌈(g >> k) / 2⌉}, which falls with k: the size is convex in k, and a walk from the mean gap's logarithm ends
     * at its minimum.
     */
    static int bestParameter(int[] gaps) {
        if (gaps.length == 0) {
            return 0;
        }
        long sum = sizeBits(gaps, 0) - gaps.length;
        int k = 63 - Long.numberOfLeadingZeros(sum / gaps.length + 1);
        k = Math.min(k, MAX_PARAMETER);
        long bits = sizeBits(gaps, k);
        for (long less; k > 0 && (less = sizeBits(gaps, k - 1)) <= bits; k--) {
            bits = less;
        }
        for (long less; k < MAX_PARAMETER && (less = sizeBits(gaps, k + 1)) < bits; k++) {
            bits = less;
        }
        return k;
    }

    // ---- writing
    // -----------------------------------------------------------------------------------------------------

    /** The codes in as few bytes as hold them. */
    static byte[] write(int[] gaps, int k) {
        byte[] out = new byte[(int) sizeBytes(gaps, k)];
        int at = 0;
        long word = 0;
        int fill = 0;
        long low = (1L << k) - 1;
        for (int gap : gaps) {
            int zeros = gap >>> k;
            for (; zeros >= MAX_ZEROS; zeros -= MAX_ZEROS) {
                fill += MAX_ZEROS;
                if (fill >= Long.SIZE) {
                    BitWindow.put(out, at, word);
                    at += Long.BYTES;
                    word = 0;
                    fill -= Long.SIZE;
                }
            }
            long code = ((gap & low) << 1 | 1) << zeros;
            word |= code << fill;
            fill += zeros + 1 + k;
            if (fill >= Long.SIZE) {
                BitWindow.put(out, at, word);
                at += Long.BYTES;
                fill -= Long.SIZE;
                // What did not fit: the top `fill` bits of the code, which is at most 63 bits long.
                word = code >>> (zeros + 1 + k - fill);
            }
        }
        for (; fill > 0; fill -= Byte.SIZE) {
            out[at++] = (byte) word;
            word >>>= Byte.SIZE;
        }
        return out;
    }

    // ---- reading
    // -----------------------------------------------------------------------------------------------------

    /** Codes from a byte of an array on, none of which reaches beyond a limit. */
    static final class Reader {

        private final byte[] bytes;
        private final long limit;
        private final int k;
        private final String where;
        private long position;

        /**
         * A reader.
         *
         * @param limit position in {@code bytes} that no code may reach beyond
         * @param k 0 to {@link #MAX_PARAMETER}
         */
        Reader(byte[] bytes, int from, int limit, int k, String where) {
            this.bytes = bytes;
            this.position = (long) from * Byte.SIZE;
            this.limit = (long) limit * Byte.SIZE;
            this.k = k;
            this.where = where;
        }

        int[] read(int count) {
            int[] gaps = new int[count];
            long low = (1L << k) - 1;
            int mostZeros = Math.min(BitWindow.BITS - 1 - k, Integer.MAX_VALUE >>> k);
            for (int i = 0; i < count; ) {
                long window = BitWindow.at(bytes, position);
                int left = BitWindow.BITS;
                // As many as the window surely has.
                for (; i < count; i++) {
                    int zeros = Long.numberOfTrailingZeros(window);
                    int length = zeros + 1 + k;
                    if (zeros > mostZeros || length > left) {
                        break;
                    }
                    gaps[i] = (int) ((long) zeros << k | (window >>> zeros >>> 1 & low));
                    window = window >>> zeros >>> (1 + k);
                    left -= length;
                }
                position += BitWindow.BITS - left;
                if (left == BitWindow.BITS) {
                    gaps[i++] = readLong(low);
                }
                if (position > limit) {
                    throw new CodecException(where + ": a gap of the mask does not end");
                }
            }
            return gaps;
        }

        /** A gap whose code does not fit a window. */
        private int readLong(long low) {
            long zeros = 0;
            long window = BitWindow.at(bytes, position);
            while (window << (Long.SIZE - BitWindow.BITS) == 0) {
                zeros += BitWindow.BITS;
                position += BitWindow.BITS;
                if (position > limit) {
                    throw new CodecException(where + ": a gap of the mask does not end");
                }
                window = BitWindow.at(bytes, position);
            }
            int rest = Long.numberOfTrailingZeros(window);
            zeros += rest;
            position += rest + 1;
            if (zeros > Integer.MAX_VALUE >>> k) {
                throw new CodecException(where + ": a gap of the mask is longer than any tensor");
            }
            int gap = (int) (zeros << k | (BitWindow.at(bytes, position) & low));
            position += k;
            return gap;
        }

        /** The index after the last byte of the codes read, whose spare bits have to be 0. */
        int end() {
            return BitWindow.end(bytes, position, where);
        }
    }
}
