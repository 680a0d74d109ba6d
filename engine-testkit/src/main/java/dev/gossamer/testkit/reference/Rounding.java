package dev.gossamer.testkit.reference;

/** The one rounding at the end of every sum. */
final class Rounding {

    private Rounding() {}

    static float[] toFloats(double[] sums) {
        float[] rounded = new float[sums.length];
        for (int i = 0; i < sums.length; i++) {
            rounded[i] = (float) sums[i];
        }
        return rounded;
    }
}
