package dev.gossamer.testkit.reference;

/** A tensor of which only the largest elements are kept. */
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
}
