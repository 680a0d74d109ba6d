package dev.gossamer.engine.sparse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Selection by signed value, as {@link MagnitudeSelection} selects by magnitude: which k of n floats are the largest.
 *
 * <ul>
 *   <li>The order is that of the numbers; +0 and -0 tie, infinities are the extremes.
 *   <li>Among equals the lower index is kept, so that exactly k are kept, always.
 *   <li>NaN has no place in the order and is refused, wherever it stands and whatever k is.
 * </ul>
 *
 * <p>Groups are those of {@link MagnitudeSelection}: f32 segments that count as one sequence. Cost: O(n) without sorting, by
 * digits of 16 bits from the top; memory: 512 KiB.
 */
public final class SignedSelection {

    private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int DIGIT = 1 << 16;

    private SignedSelection() {}

    /**
     * The k largest numbers of a group as one bit set per part, bit {@code i & 63} of word {@code i >> 6} for element i;
     * exactly k bits are set.
     *
     * @param k 0 to the number of elements
     * @throws IllegalArgumentException if k is out of range, a segment is not made of whole floats, or an element is NaN
     */
    public static List<long[]> keepTop(List<MemorySegment> group, long k) {
        long n = 0;
        for (MemorySegment part : group) {
            n += elements(part);
        }
        if (k < 0 || k > n) {
            throw new IllegalArgumentException("k must be 0 to " + n + ", the elements of the group; got " + k);
        }
        long[] high = new long[DIGIT];
        forEachKey(group, (part, i, key) -> high[key >>> 16]++);
        Place upper = Place.of(high, k);
        long[] low = new long[DIGIT];
        forEachKey(group, (part, i, key) -> {
            if (key >>> 16 == upper.digit) {
                low[key & DIGIT - 1]++;
            }
        });
        Place lower = Place.of(low, upper.rank);
        return mark(group, upper.digit << 16 | lower.digit, lower.rank);
    }

    /** The value of a digit that the k-th largest key has, and which of the keys with this value it is. */
    private record Place(int digit, long rank) {

        static Place of(long[] histogram, long k) {
            int digit = histogram.length - 1;
            long rank = k;
            while (digit > 0 && histogram[digit] < rank) {
                rank -= histogram[digit--];
            }
            return new Place(digit, rank);
        }
    }

    private static List<long[]> mark(List<MemorySegment> group, int bound, long ties) {
        List<long[]> masks = new ArrayList<>(group.size());
        group.forEach(part -> masks.add(new long[Math.toIntExact((elements(part) + 63) >>> 6)]));
        long[] left = {ties};
        forEachKey(group, (part, i, key) -> {
            int order = Integer.compareUnsigned(key, bound);
            if (order > 0 || (order == 0 && left[0]-- > 0)) {
                masks.get(part)[(int) (i >>> 6)] |= 1L << i;
            }
        });
        return masks;
    }

    /** Bits whose order as an unsigned number is that of the floats: negative ones turned round, below the others. */
    private static int key(float value) {
        int bits = Float.floatToRawIntBits(value + 0f); // -0 + 0 is +0
        return bits < 0 ? ~bits : bits | Integer.MIN_VALUE;
    }

    private static void forEachKey(List<MemorySegment> group, KeyVisitor visitor) {
        for (int part = 0; part < group.size(); part++) {
            MemorySegment numbers = group.get(part);
            long n = elements(numbers);
            for (long i = 0; i < n; i++) {
                float value = Float.intBitsToFloat(numbers.get(BITS, i * Float.BYTES));
                if (Float.isNaN(value)) {
                    throw new IllegalArgumentException("NaN at element " + i + " of part " + part
                            + " cannot be ranked; find where it arose (a diverged update, a division by zero) before"
                            + " selecting");
                }
                visitor.visit(part, i, key(value));
            }
        }
    }

    private interface KeyVisitor {
        void visit(int part, long element, int key);
    }

    private static long elements(MemorySegment part) {
        if (part.byteSize() % Float.BYTES != 0) {
            throw new IllegalArgumentException("a part of " + part.byteSize() + " bytes is not made of 4-byte floats");
        }
        return part.byteSize() / Float.BYTES;
    }
}
