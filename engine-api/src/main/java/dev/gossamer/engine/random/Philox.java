package dev.gossamer.engine.random;

/**
 * The counter-based generator Philox4x32-10: four 32-bit words as a function of a 64-bit key and a 128-bit counter, which
 * here is (index low, index high, step, site). No state, so that any element of any tensor can be drawn anywhere, in any
 * order, with the same result.
 *
 * <p>Source: "Parallel random numbers: as easy as 1, 2, 3", Salmon, Moraes, Dror, Shaw, SC 2011.
 */
public final class Philox {

    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;

    private Philox() {}

    /**
     * The four words of one counter, packed: word 0 and 1 in {@code out[at]} (0 in the low half), 2 and 3 in
     * {@code out[at + 1]}.
     */
    public static void block(long key, long index, int step, int site, long[] out, int at) {
        int c0 = (int) index;
        int c1 = (int) (index >>> 32);
        int c2 = step;
        int c3 = site;
        int k0 = (int) key;
        int k1 = (int) (key >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = MULTIPLIER_0 * Integer.toUnsignedLong(c0);
            long p1 = MULTIPLIER_1 * Integer.toUnsignedLong(c2);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c1 = (int) p1;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c3 = (int) p0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        out[at] = Integer.toUnsignedLong(c0) | ((long) c1 << 32);
        out[at + 1] = Integer.toUnsignedLong(c2) | ((long) c3 << 32);
    }

    /** Word {@code number} (0 to 3) of a packed block, as an unsigned number. */
    public static long word(long[] block, int at, int number) {
        return (block[at + (number >>> 1)] >>> (32 * (number & 1))) & 0xFFFFFFFFL;
    }
}
