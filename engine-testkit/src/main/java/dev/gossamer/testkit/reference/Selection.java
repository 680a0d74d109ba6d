package dev.gossamer.testkit.reference;

import dev.gossamer.engine.sparse.MagnitudeSelection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Exact selection by magnitude, by sorting. The order is that of the bits without the sign, of equals the lower index comes
 * first; NaN is refused. Written apart from {@link MagnitudeSelection}, so that each can be held against the other.
 */
public final class Selection {

    private Selection() {}

    /** Indices of all numbers, largest magnitude first. */
    static List<Integer> ranking(float[] numbers) {
        refuseNan(numbers);
        return ranked(numbers);
    }

    /** As {@link #ranking}, with NaN above everything. */
    static List<Integer> ranked(float[] numbers) {
        Comparator<Integer> byMagnitude = Comparator.comparingInt(i -> bits(numbers[i]));
        return IntStream.range(0, numbers.length)
                .boxed()
                .sorted(byMagnitude.reversed().thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    /** The magnitude of the k-th largest, and how many of its equals are among the k largest; k is at least 1. */
    public static MagnitudeSelection.Threshold kthMagnitude(float[] numbers, long k) {
        List<Integer> top = ranking(numbers).subList(0, Math.toIntExact(k));
        int kth = bits(numbers[top.getLast()]);
        long ties = top.stream().filter(i -> bits(numbers[i]) == kth).count();
        return new MagnitudeSelection.Threshold(kth, ties);
    }

    /** Which numbers are among the {@code keep} largest. */
    public static boolean[] keepTop(float[] numbers, long keep) {
        boolean[] kept = new boolean[numbers.length];
        ranking(numbers).subList(0, Math.toIntExact(keep)).forEach(i -> kept[i] = true);
        return kept;
    }

    static void refuseNan(float[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            if (Float.isNaN(numbers[i])) {
                throw new IllegalArgumentException("NaN at index " + i + " cannot be ranked by magnitude");
            }
        }
    }

    private static int bits(float x) {
        return Float.floatToRawIntBits(Math.abs(x));
    }
}
