package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
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
 * concatenated in list order; it may have more than 2^31 elements. Cost: three passes over the group, O(n) without sorting,
 * and 16 KiB of memory.
 */
public final class MagnitudeSelection {

    private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int SIGN_CLEARED = 0x7fff_ffff;
    private static final int INFINITY_BITS = 0x7f80_0000;

    /** The 31 bits of a magnitude are decided from the top in digits of 11, 11 and 9 bits. */
    private static final int[] DIGIT_SHIFTS = {20, 9, 0};

    private static final int[] DIGIT_BITS = {11, 11, 9};

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
        refuseNaN(group);
        if (k == 0) {
            return new Threshold(INFINITY_BITS, 0);
        }
        int prefix = 0;
        long rank = k;
        for (int digit = 0; digit < DIGIT_SHIFTS.length; digit++) {
            int shift = DIGIT_SHIFTS[digit];
            long[] histogram = histogram(group, prefix, shift, DIGIT_BITS[digit]);
            int bucket = histogram.length - 1;
            while (histogram[bucket] < rank) {
                rank -= histogram[bucket--];
            }
            prefix |= bucket << shift;
        }
        return new Threshold(prefix, rank);
    }

    /** Which elements a threshold keeps: one bit set per part, bit {@code i & 63} of word {@code i >> 6} for element i. */
    public static List<long[]> keep(List<MemorySegment> group, Threshold threshold) {
        List<long[]> masks = new ArrayList<>(group.size());
        long ties = threshold.tiesKept();
        for (MemorySegment part : group) {
            long n = elements(part);
            long[] mask = new long[Math.toIntExact((n + 63) >>> 6)];
            for (long i = 0; i < n; i++) {
                int bits = magnitudeBitsAt(part, i);
                if (bits > threshold.magnitudeBits() || (bits == threshold.magnitudeBits() && ties-- > 0)) {
                    mask[(int) (i >>> 6)] |= 1L << i;
                }
            }
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

    private static long[] histogram(List<MemorySegment> group, int prefix, int shift, int digitBits) {
        long[] histogram = new long[1 << digitBits];
        int decidedShift = shift + digitBits;
        int decided = prefix >>> decidedShift;
        int digitMask = histogram.length - 1;
        for (MemorySegment part : group) {
            long n = elements(part);
            for (long i = 0; i < n; i++) {
                int bits = magnitudeBitsAt(part, i);
                if (bits >>> decidedShift == decided) {
                    histogram[bits >>> shift & digitMask]++;
                }
            }
        }
        return histogram;
    }

    private static int magnitudeBitsAt(MemorySegment part, long i) {
        return part.get(BITS, i * Float.BYTES) & SIGN_CLEARED;
    }

    private static void refuseNaN(List<MemorySegment> group) {
        long before = 0;
        for (int number = 0; number < group.size(); number++) {
            MemorySegment part = group.get(number);
            long n = elements(part);
            for (long i = 0; i < n; i++) {
                if (magnitudeBitsAt(part, i) > INFINITY_BITS) {
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
