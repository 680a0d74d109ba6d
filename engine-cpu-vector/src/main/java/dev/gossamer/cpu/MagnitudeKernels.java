package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.BYTES;
import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.BITS;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.IntVector.fromMemorySegment;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector passes over magnitudes, that is float bits without their sign: as such they are non-negative ints, in the order of
 * selection. All addresses are those of whole vectors that the caller vouches for ({@link Raw}).
 */
final class MagnitudeKernels {

    static final int SIGN_CLEARED = Integer.MAX_VALUE;

    private static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, Lanes.F.vectorShape());

    /** A bit for each lane. */
    private static final int LANES = (1 << COUNT) - 1;

    private MagnitudeKernels() {}

    /** What a pass found; grows from call to call. */
    static final class Tally {

        /** Magnitudes above the higher bound, at it or above, and at the lower bound or above. */
        long above;

        long atHigh;
        long atLow;

        /** Magnitudes strictly between the bounds. */
        long between;

        /** The largest magnitude. */
        int most;

        /** False where the pass broke off for want of room. */
        boolean complete = true;

        void clear() {
            above = 0;
            atHigh = 0;
            atLow = 0;
            between = 0;
            most = 0;
            complete = true;
        }

        void add(Tally other) {
            above += other.above;
            atHigh += other.atHigh;
            atLow += other.atLow;
            between += other.between;
            most = Math.max(most, other.most);
            complete &= other.complete;
        }
    }

    /**
     * Counts {@code vectors} vectors of floats by two bounds and writes the magnitudes strictly between these one after the
     * other, and up to a vector of anything behind them.
     *
     * @param from address of the floats
     * @param out address with room for all of them
     */
    static void divide(long from, int vectors, int low, int high, long out, Tally tally) {
        IntVector above = IntVector.zero(I);
        IntVector atHigh = IntVector.zero(I);
        IntVector atLow = IntVector.zero(I);
        IntVector most = IntVector.zero(I);
        int between = 0;
        for (int i = 0; i < vectors; i++) {
            IntVector m = fromMemorySegment(I, ALL, (from + (long) i * BYTES) & USER, LITTLE_ENDIAN)
                    .and(SIGN_CLEARED);
            most = most.max(m);
            above = above.add(1, m.compare(GT, high));
            atHigh = atHigh.add(1, m.compare(GE, high));
            atLow = atLow.add(1, m.compare(GE, low));
            VectorMask<Integer> inside = m.compare(GT, low).and(m.compare(LT, high));
            m.compress(inside).intoMemorySegment(ALL, (out + 4L * between) & USER, LITTLE_ENDIAN);
            between += inside.trueCount();
        }
        tally.above += above.reduceLanes(VectorOperators.ADD);
        tally.atHigh += atHigh.reduceLanes(VectorOperators.ADD);
        tally.atLow += atLow.reduceLanes(VectorOperators.ADD);
        tally.between += between;
        tally.most = Math.max(tally.most, most.reduceLanes(VectorOperators.MAX));
    }

    /** How many of {@code vectors} vectors of ints are above a bound. */
    static int countAbove(long from, int vectors, int bound) {
        IntVector count = IntVector.zero(I);
        for (int i = 0; i < vectors; i++) {
            IntVector m = fromMemorySegment(I, ALL, (from + (long) i * BYTES) & USER, LITTLE_ENDIAN);
            count = count.add(1, m.compare(GT, bound));
        }
        return count.reduceLanes(VectorOperators.ADD);
    }

    /** Keeps of {@code vectors} vectors of ints those from low to high, in place, and says how many they are. */
    static int narrow(long at, int vectors, int low, int high) {
        int kept = 0;
        for (int i = 0; i < vectors; i++) {
            IntVector m = fromMemorySegment(I, ALL, (at + (long) i * BYTES) & USER, LITTLE_ENDIAN);
            VectorMask<Integer> inside = m.compare(GE, low).and(m.compare(LE, high));
            m.compress(inside).intoMemorySegment(ALL, (at + 4L * kept) & USER, LITTLE_ENDIAN);
            kept += inside.trueCount();
        }
        return kept;
    }

    /**
     * Marks the floats of magnitude above a bound, and the first {@code ties} of those at it, 64 to a word, the lowest bit
     * first.
     *
     * @param from address of {@code 64 * words} floats
     * @return how many of the ties are left
     */
    static long mark(long from, int words, int bound, long ties, long[] bits) {
        long left = ties;
        for (int word = 0; word < words; word++) {
            long kept = 0;
            long equal = 0;
            for (int lane = 0; lane < 64; lane += COUNT) {
                IntVector m = fromMemorySegment(I, ALL, (from + 256L * word + 4L * lane) & USER, LITTLE_ENDIAN)
                        .and(SIGN_CLEARED);
                kept |= m.compare(GT, bound).toLong() << lane;
                equal |= m.compare(EQ, bound).toLong() << lane;
            }
            for (; equal != 0 && left > 0; left--) {
                kept |= equal & -equal;
                equal &= equal - 1;
            }
            bits[word] = kept;
        }
        return left;
    }

    /**
     * Writes the floats whose magnitude is not below a bound one after the other, and which they are in bits, the lowest first.
     *
     * @param from address of {@code 16 * sixteens} floats
     * @param bound above 0, so that zeros are left out
     * @param bits address of room for as many times 16 bits
     * @param values address of room for {@code room} floats and 16 of anything behind them
     * @return how many they are; above {@code room} as soon as they do not fit
     */
    static int selectBits(long from, int sixteens, int bound, long bits, long values, int room) {
        int count = 0;
        for (int i = 0; i < sixteens && count <= room; i++) {
            int kept = 0;
            for (int lane = 0; lane < 16; lane += COUNT) {
                IntVector its = fromMemorySegment(I, ALL, (from + 64L * i + 4L * lane) & USER, LITTLE_ENDIAN);
                VectorMask<Integer> large = its.and(SIGN_CLEARED).compare(GE, bound);
                its.compress(large).intoMemorySegment(ALL, (values + 4L * count) & USER, LITTLE_ENDIAN);
                kept |= (int) large.toLong() << lane;
                count += large.trueCount();
            }
            ALL.set(BITS, (bits + 2L * i) & USER, (short) kept);
        }
        return count;
    }

    /** Which of 16 floats have a magnitude above a bound, and above these 16 bits which are at it. */
    static int compare(long from, int bound) {
        int above = 0;
        int equal = 0;
        for (int lane = 0; lane < 16; lane += COUNT) {
            IntVector m = fromMemorySegment(I, ALL, (from + 4L * lane) & USER, LITTLE_ENDIAN)
                    .and(SIGN_CLEARED);
            above |= (int) m.compare(GT, bound).toLong() << lane;
            equal |= (int) m.compare(EQ, bound).toLong() << lane;
        }
        return above | equal << 16;
    }

    /** Writes the floats that bits name one after the other; as {@link #selectBits}, which writes the bits too. */
    static void pack(long from, int sixteens, long bits, long values) {
        long to = values;
        for (int i = 0; i < sixteens; i++) {
            int kept = ALL.get(BITS, (bits + 2L * i) & USER);
            for (int lane = 0; lane < 16; lane += COUNT) {
                VectorMask<Integer> mask = VectorMask.fromLong(I, kept >>> lane & LANES);
                fromMemorySegment(I, ALL, (from + 64L * i + 4L * lane) & USER, LITTLE_ENDIAN)
                        .compress(mask)
                        .intoMemorySegment(ALL, to & USER, LITTLE_ENDIAN);
                to += 4L * mask.trueCount();
            }
        }
    }

    /** Back to where they were, zeros between them: {@code 16 * sixteens} floats, of which bits name those that there are. */
    static void unpack(long values, long bits, int sixteens, long to) {
        long from = values;
        for (int i = 0; i < sixteens; i++) {
            int kept = ALL.get(BITS, (bits + 2L * i) & USER);
            for (int lane = 0; lane < 16; lane += COUNT) {
                int here = kept >>> lane & LANES;
                fromMemorySegment(I, ALL, from & USER, LITTLE_ENDIAN)
                        .expand(VectorMask.fromLong(I, here))
                        .intoMemorySegment(ALL, (to + 64L * i + 4L * lane) & USER, LITTLE_ENDIAN);
                from += 4L * Integer.bitCount(here);
            }
        }
    }

    /**
     * Writes for each bit that is set where it is, and up to a vector of anything behind them.
     *
     * @param bits address of {@code sixteens} times 16 bits, the lowest first
     * @param first place of the first bit
     * @param step from the place of a bit to that of the next
     * @param to address of room for as many ints
     * @return how many they are
     */
    static int locate(long bits, int sixteens, int first, int step, long to) {
        IntVector place = IntVector.zero(I).addIndex(1).mul(step).add(first);
        int count = 0;
        for (int i = 0; i < sixteens; i++) {
            int set = ALL.get(BITS, (bits + 2L * i) & USER);
            for (int lane = 0; lane < 16; lane += COUNT) {
                int here = set >>> lane & LANES;
                place.compress(VectorMask.fromLong(I, here))
                        .intoMemorySegment(ALL, (to + 4L * count) & USER, LITTLE_ENDIAN);
                count += Integer.bitCount(here);
                place = place.add(COUNT * step);
            }
        }
        return count;
    }

    /**
     * Writes the floats whose magnitude is not below a bound one after the other, and their numbers beside them.
     *
     * @param from address of {@code vectors} vectors of floats
     * @param bound above 0, so that zeros are left out
     * @param numbers address of room for {@code room} ints and a vector of anything behind them
     * @param values the same for the floats
     * @return how many they are; above {@code room} as soon as they do not fit
     */
    static int select(long from, int vectors, int bound, long numbers, long values, int room) {
        IntVector number = IntVector.zero(I).addIndex(1);
        int count = 0;
        for (int i = 0; i < vectors && count <= room; i++) {
            IntVector bits = fromMemorySegment(I, ALL, (from + (long) i * BYTES) & USER, LITTLE_ENDIAN);
            VectorMask<Integer> large = bits.and(SIGN_CLEARED).compare(GE, bound);
            if (large.anyTrue()) {
                bits.compress(large).intoMemorySegment(ALL, (values + 4L * count) & USER, LITTLE_ENDIAN);
                number.compress(large).intoMemorySegment(ALL, (numbers + 4L * count) & USER, LITTLE_ENDIAN);
                count += large.trueCount();
            }
            number = number.add(COUNT);
        }
        return count;
    }
}
