package dev.gossamer.testkit.reference;

/** A sequence of which only the largest elements are kept, exactly or by a threshold of before. */
public final class Compression {

    private Compression() {}

    /**
     * The numbers with 0 for all but the {@code keep} of largest magnitude, of equals those of lower index. The order is that
     * of the bits without the sign, so that NaN ranks first.
     */
    public static float[] top(float[] numbers, long keep) {
        float[] kept = new float[numbers.length];
        for (int i : Selection.ranked(numbers).subList(0, Math.toIntExact(keep))) {
            kept[i] = numbers[i];
        }
        return kept;
    }

    /** Magnitude bits of the smallest number that {@link #top} keeps; above those of all numbers where it keeps none. */
    public static int threshold(float[] numbers, long keep) {
        if (keep == 0) {
            return Integer.MAX_VALUE;
        }
        return bits(numbers[Selection.ranked(numbers).get(Math.toIntExact(keep) - 1)]);
    }

    /** The numbers with 0 for those whose magnitude bits are below the threshold. */
    public static float[] atLeast(float[] numbers, int threshold) {
        float[] kept = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            kept[i] = bits(numbers[i]) >= threshold ? numbers[i] : 0;
        }
        return kept;
    }

    /** How many numbers are not 0: what takes room. */
    public static long count(float[] numbers) {
        long count = 0;
        for (float number : numbers) {
            count += number != 0 ? 1 : 0;
        }
        return count;
    }

    private static int bits(float x) {
        return Float.floatToRawIntBits(Math.abs(x));
    }
}
