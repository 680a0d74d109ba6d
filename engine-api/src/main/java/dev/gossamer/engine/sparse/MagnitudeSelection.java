package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The one rule by which everything here selects by magnitude: which k of n floats are the largest.
 *
 * <ul>
 *   <li>The order is that of the raw float bits with the sign cleared, as unsigned integers. It is the order of
 *       {@code |x|}, it is total, and it needs no comparison of floats: +0 and -0 tie, subnormals count, infinity is the
 *       largest.
 *   <li>Among equal magnitudes the lower index is kept, so that exactly k are kept, always.
 *   <li>NaN has no magnitude and is refused, wherever it stands and whatever k is.
 * </ul>
 *
 * <p>A group is a list of f32 segments (heap or native, native byte order, any alignment) that count as one sequence,
 * concatenated in list order; it may have more than 2^31 elements. Cost: O(n) without sorting, by digits from the top. The
 * first pass over the group counts the highest digit, the second collects the elements that share it with the answer; only
 * where these are more than {@value #MOST_COLLECTED} two more count instead. Memory: 4 bytes for each element collected and
 * 40 KiB.
 */
public final class MagnitudeSelection {

    private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int SIGN_CLEARED = 0x7fff_ffff;
    private static final int INFINITY_BITS = 0x7f80_0000;

    /** The 31 bits of a magnitude are decided from the top in digits of 11, 11 and 9 bits. */
    private static final int[] DIGIT_SHIFTS = {20, 9, 0};

    private static final int[] DIGIT_BITS = {11, 11, 9};

    /** Elements that are copied out rather than passed over again. */
    private static final int MOST_COLLECTED = 1 << 20;

    /**
     * Magnitudes are read through a buffer of this many. Copying in bulk costs little, and loops over an array are compiled
     * well whatever kinds of memory were passed before.
     */
    private static final int CHUNK = 2048;

    /** Tables that the highest digit is counted in. */
    private static final int TABLES = 4;

    private MagnitudeSelection() {}

    /**
     * What separates the kept from the dropped: keeping every element with a magnitude above {@code magnitudeBits} and the
     * first {@code tiesKept} of those that equal it keeps exactly k.
     *
     * @param magnitudeBits bits of a non-negative float, see {@link #magnitude}
     * @param tiesKept 0 only for k = 0
     */
    public record Threshold(int magnitudeBits, long tiesKept) {

        /** The magnitude of the k-th largest element; infinity for k = 0. */
        public float magnitude() {
            return Float.intBitsToFloat(magnitudeBits);
        }
    }

    /** The order of selection: the bits of a float without its sign. */
    public static int magnitudeBits(float value) {
        return Float.floatToRawIntBits(value) & SIGN_CLEARED;
    }

    /**
     * The threshold of the k largest magnitudes of a group.
     *
     * @param k 0 to the number of elements; for 0 the threshold is infinity without ties, which keeps nothing
     * @throws IllegalArgumentException if k is out of range, a segment is not made of whole floats, or an element is NaN
     */
    public static Threshold kthLargest(List<MemorySegment> group, long k) {
        long n = count(group);
        if (k < 0 || k > n) {
            throw new IllegalArgumentException("k must be 0 to " + n + ", the elements of the group; got " + k);
        }
        List<MemorySegment> left = group;
        int prefix = 0;
        long rank = k;
        for (int digit = 0; digit < DIGIT_SHIFTS.length; digit++) {
            int shift = DIGIT_SHIFTS[digit];
            long[] histogram = histogram(left, prefix, shift, DIGIT_BITS[digit]);
            if (digit == 0) {
                refuseNaN(group, histogram);
                if (k == 0) {
                    return new Threshold(INFINITY_BITS, 0);
                }
            }
            int bucket = histogram.length - 1;
            while (histogram[bucket] < rank) {
                rank -= histogram[bucket--];
            }
            prefix |= bucket << shift;
            if (digit == 0 && histogram[bucket] <= MOST_COLLECTED) {
                left = List.of(MemorySegment.ofArray(collect(group, bucket, shift, (int) histogram[bucket])));
            }
        }
        return new Threshold(prefix, rank);
    }

    /** Which elements a threshold keeps: one bit set per part, bit {@code i & 63} of word {@code i >> 6} for element i. */
    public static List<long[]> keep(List<MemorySegment> group, Threshold threshold) {
        List<long[]> masks = new ArrayList<>(group.size());
        long ties = threshold.tiesKept();
        for (MemorySegment part : group) {
            long[] mask = new long[Math.toIntExact((elements(part) + 63) >>> 6)];
            ties = mark(part, threshold.magnitudeBits(), ties, mask);
            masks.add(mask);
        }
        return masks;
    }

    /**
     * The k largest magnitudes of a group as one bit set per part, see {@link #keep}; exactly k bits are set. With
     * {@link SparsityPattern#fromBits} a mask over a dense matrix is its pattern, with {@link SparsityPattern#retain} a mask
     * over the values of a pattern is the pattern that remains.
     *
     * @throws IllegalArgumentException as {@link #kthLargest}
     */
    public static List<long[]> keepTop(List<MemorySegment> group, long k) {
        return keep(group, kthLargest(group, k));
    }

    /** Marks what is above a bound and the first of the ties at it. Returns how many ties are left. */
    private static long mark(MemorySegment part, int bound, long ties, long[] mask) {
        int[] chunk = new int[CHUNK];
        long n = elements(part);
        long left = ties;
        for (long from = 0; from < n; from += CHUNK) {
            int count = read(part, from, chunk);
            Arrays.fill(chunk, count, CHUNK, -1);
            for (int start = 0; start < count; start += Long.SIZE) {
                mask[(int) ((from + start) >>> 6)] = wordAbove(chunk, start, bound);
            }
            for (int i = meets(chunk, bound) ? 0 : count; i < count && left > 0; i++) {
                if (chunk[i] == bound) {
                    mask[(int) ((from + i) >>> 6)] |= 1L << i;
                    left--;
                }
            }
        }
        return left;
    }

    /** Whether one of some numbers is a magnitude: without a branch, so that the loop is compiled to vectors. */
    private static boolean meets(int[] numbers, int magnitude) {
        int signs = 0;
        for (int number : numbers) {
            // Negative exactly where the number equals the magnitude and is not negative itself.
            signs |= (number ^ magnitude) - 1 & ~number;
        }
        return signs < 0;
    }

    /** Bit i says whether the i-th number from a start is above a bound; without branches, which no one could foresee. */
    private static long wordAbove(int[] numbers, int start, int bound) {
        long word = 0;
        for (int i = 0; i < Long.SIZE; i++) {
            // The difference of numbers from -1 to 2^31 - 1 is negative exactly if the number is larger than the bound.
            word |= (long) ((bound - numbers[start + i]) >>> 31) << i;
        }
        return word;
    }

    /** How often each value of a digit occurs among the elements that have the prefix above it. */
    private static long[] histogram(List<MemorySegment> group, int prefix, int shift, int digitBits) {
        long[] tables = new long[TABLES << digitBits];
        int[] chunk = new int[CHUNK];
        int decidedShift = shift + digitBits;
        int decided = prefix >>> decidedShift;
        for (MemorySegment part : group) {
            long n = elements(part);
            for (long from = 0; from < n; from += CHUNK) {
                int count = read(part, from, chunk);
                if (decidedShift == Integer.SIZE - 1) {
                    countAll(chunk, count, shift, tables);
                } else {
                    countMatching(chunk, count, decidedShift, decided, shift, tables);
                }
            }
        }
        long[] histogram = new long[1 << digitBits];
        for (int i = 0; i < tables.length; i++) {
            histogram[i & histogram.length - 1] += tables[i];
        }
        return histogram;
    }

    /** In turn in several tables: most numbers share few digits, and one table would wait for its last count each time. */
    private static void countAll(int[] numbers, int count, int shift, long[] tables) {
        int size = tables.length / TABLES;
        for (int i = 0; i < count; i++) {
            tables[(i & TABLES - 1) * size + (numbers[i] >>> shift)]++;
        }
    }

    /** In the first table: few numbers share what is decided. */
    private static void countMatching(
            int[] numbers, int count, int decidedShift, int decided, int shift, long[] tables) {
        int mask = tables.length / TABLES - 1;
        for (int i = 0; i < count; i++) {
            if (numbers[i] >>> decidedShift == decided) {
                tables[numbers[i] >>> shift & mask]++;
            }
        }
    }

    /** The magnitudes whose highest digit has a value; there are {@code expected} of them. */
    private static int[] collect(List<MemorySegment> group, int value, int shift, int expected) {
        int[] collected = new int[expected];
        int[] chunk = new int[CHUNK];
        int size = 0;
        for (MemorySegment part : group) {
            long n = elements(part);
            for (long from = 0; from < n; from += CHUNK) {
                size = collect(chunk, read(part, from, chunk), value, shift, collected, size);
            }
        }
        return collected;
    }

    private static int collect(int[] numbers, int count, int value, int shift, int[] collected, int size) {
        int end = size;
        for (int i = 0; i < count; i++) {
            if (numbers[i] >>> shift == value) {
                collected[end++] = numbers[i];
            }
        }
        return end;
    }

    /** The magnitudes of the elements from one on, as many as there are and the chunk holds. Returns their number. */
    private static int read(MemorySegment part, long from, int[] chunk) {
        int count = (int) Math.min(chunk.length, elements(part) - from);
        MemorySegment.copy(part, BITS, from * Float.BYTES, chunk, 0, count);
        for (int i = 0; i < count; i++) {
            chunk[i] &= SIGN_CLEARED;
        }
        return count;
    }

    /** Looks for a NaN where the highest digit leaves it possible. */
    private static void refuseNaN(List<MemorySegment> group, long[] highestDigit) {
        long suspects = 0;
        for (int digit = INFINITY_BITS >>> DIGIT_SHIFTS[0]; digit < highestDigit.length; digit++) {
            suspects += highestDigit[digit];
        }
        if (suspects == 0) {
            return;
        }
        long before = 0;
        for (int number = 0; number < group.size(); number++) {
            MemorySegment part = group.get(number);
            long n = elements(part);
            for (long i = 0; i < n; i++) {
                if ((part.get(BITS, i * Float.BYTES) & SIGN_CLEARED) > INFINITY_BITS) {
                    throw new IllegalArgumentException("NaN at element " + i + " of part " + number + " (index "
                            + (before + i) + " of the group) cannot be ranked by magnitude; find where it arose (a "
                            + "diverged update, a division by zero) before selecting");
                }
            }
            before += n;
        }
    }

    private static long count(List<MemorySegment> group) {
        long n = 0;
        for (MemorySegment part : group) {
            n += elements(part);
        }
        return n;
    }

    private static long elements(MemorySegment part) {
        if (part.byteSize() % Float.BYTES != 0) {
            throw new IllegalArgumentException("a part of " + part.byteSize() + " bytes is not made of 4-byte floats");
        }
        return part.byteSize() / Float.BYTES;
    }
}
