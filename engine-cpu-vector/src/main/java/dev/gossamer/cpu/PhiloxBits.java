package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.USER;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link dev.gossamer.engine.random.Philox} by vectors: a block in every long lane, of which only a comparison is kept, a bit
 * per word in the order of the words.
 */
final class PhiloxBits {

    private static final VectorSpecies<Long> LONGS =
            VectorShape.forBitSize(COUNT * Float.SIZE).withLanes(long.class);

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;

    /** Low words; above them lanes hold what does not matter. */
    private static final long WORD = 0xFFFFFFFFL;

    /** The lower two of every four bits. */
    private static final long PAIRS = 0x3333_3333_3333_3333L;

    private PhiloxBits() {}

    /** Bytes that {@link #atLeast} may touch for that many words. */
    static long sizeBytes(long words) {
        return (words + 7) / 8 + Integer.BYTES + 4L * LONGS.length() / 8;
    }

    /**
     * Bit i tells whether word {@code i mod 4} of the block of index {@code first + i / 4} is at least {@code least}.
     *
     * @param blocks number of blocks; {@link #sizeBytes} of their words may be overwritten
     * @param least a number without sign, as the words
     */
    static void atLeast(long key, int step, int site, long first, int blocks, int least, long to) {
        LongVector index = LongVector.broadcast(LONGS, first).addIndex(1);
        for (int i = 0; i < blocks; i += LONGS.length()) {
            LongVector c0 = index.add(i);
            LongVector c1 = c0.lanewise(VectorOperators.LSHR, 32);
            LongVector c2 = LongVector.broadcast(LONGS, step);
            LongVector c3 = LongVector.broadcast(LONGS, site);
            int k0 = (int) key;
            int k1 = (int) (key >>> 32);
            for (int round = 0; round < ROUNDS; round++) {
                LongVector p0 = c0.and(WORD).mul(MULTIPLIER_0);
                LongVector p1 = c2.and(WORD).mul(MULTIPLIER_1);
                c0 = p1.lanewise(VectorOperators.LSHR, 32)
                        .lanewise(VectorOperators.XOR, c1)
                        .lanewise(VectorOperators.XOR, k0);
                c1 = p1;
                c2 = p0.lanewise(VectorOperators.LSHR, 32)
                        .lanewise(VectorOperators.XOR, c3)
                        .lanewise(VectorOperators.XOR, k1);
                c3 = p0;
                k0 += WEYL_0;
                k1 += WEYL_1;
            }
            // Two words to a long. Ints are compared, since C2 has no masks of two lanes, as many longs as 128 bits
            // hold.
            IntVector w01 =
                    c1.lanewise(VectorOperators.LSHL, 32).or(c0.and(WORD)).reinterpretAsInts();
            IntVector w23 =
                    c3.lanewise(VectorOperators.LSHL, 32).or(c2.and(WORD)).reinterpretAsInts();
            long bits = Long.expand(w01.compare(VectorOperators.UGE, least).toLong(), PAIRS)
                    | Long.expand(w23.compare(VectorOperators.UGE, least).toLong(), PAIRS << 2);
            // Ascending, so that the bits of the next blocks overwrite the zeros above these.
            ALL.set(INT, (to + i / 2) & USER, (int) bits);
        }
    }
}
