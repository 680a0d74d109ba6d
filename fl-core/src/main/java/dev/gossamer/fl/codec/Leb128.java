package dev.gossamer.fl.codec;

/**
 * Gaps in whole bytes: seven bits a byte, low bits first, the top bit set on all bytes but the last, no superfluous bytes.
 * Longer than {@link RiceCode} for masks near to random, and shorter where most gaps are small and a few are huge.
 */
final class Leb128 {

    private static final int GROUP_BITS = 7;
    private static final int MORE = 0x80;

    private Leb128() {}

    static long sizeBytes(int[] gaps) {
        int further = 0;
        for (int gap : gaps) {
            further += (gap >= 1 << 7 ? 1 : 0) + (gap >= 1 << 14 ? 1 : 0);
            further += (gap >= 1 << 21 ? 1 : 0) + (gap >= 1 << 28 ? 1 : 0);
        }
        return (long) gaps.length + further;
    }

    /** The codes. */
    static byte[] write(int[] gaps) {
        byte[] out = new byte[(int) sizeBytes(gaps)];
        int at = 0;
        for (int gap : gaps) {
            int rest = gap;
            for (; rest >= MORE; rest >>>= GROUP_BITS) {
                out[at++] = (byte) (rest | MORE);
            }
            out[at++] = (byte) rest;
        }
        return out;
    }

    /** Codes from a byte of an array on, none of which reaches beyond a limit. */
    static final class Reader {

        private final byte[] bytes;
        private final int limit;
        private final String where;
        private int position;

        /**
         * A reader.
         *
         * @param limit position in {@code bytes} that no code may reach beyond
         */
        Reader(byte[] bytes, int from, int limit, String where) {
            this.bytes = bytes;
            this.position = from;
            this.limit = limit;
            this.where = where;
        }

        int[] read(int count) {
            int[] gaps = new int[count];
            for (int i = 0; i < count; i++) {
                long gap = 0;
                int shift = 0;
                byte last;
                do {
                    if (position >= limit || shift > 4 * GROUP_BITS) {
                        throw new CodecException(where + ": a gap of the mask does not end");
                    }
                    last = bytes[position++];
                    gap |= (last & 0x7FL) << shift;
                    shift += GROUP_BITS;
                } while (last < 0);
                if (last == 0 && shift > GROUP_BITS) {
                    throw new CodecException(where + ": a gap of the mask has superfluous bytes");
                }
                if (gap > Integer.MAX_VALUE) {
                    throw new CodecException(where + ": a gap of the mask is longer than any tensor");
                }
                gaps[i] = (int) gap;
            }
            return gaps;
        }

        /** The position after the last byte of the codes read. */
        int end() {
            return position;
        }
    }
}
