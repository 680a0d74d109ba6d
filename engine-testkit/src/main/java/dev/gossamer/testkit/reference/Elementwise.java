package dev.gossamer.testkit.reference;

/** Vector operations on the numbers of one space. */
public final class Elementwise {

    private Elementwise() {}

    /** {@code fma(alpha, x[p], y[p])}. */
    public static float[] axpy(float alpha, float[] x, float[] y) {
        float[] out = new float[x.length];
        for (int p = 0; p < x.length; p++) {
            out[p] = Math.fma(alpha, x[p], y[p]);
        }
        return out;
    }

    /** {@code x[p]·y[p]}. */
    public static float[] multiply(float[] x, float[] y) {
        float[] out = new float[x.length];
        for (int p = 0; p < x.length; p++) {
            out[p] = x[p] * y[p];
        }
        return out;
    }

    /** {@code fma(x[p], x[p], y[p])}. */
    public static float[] addSquare(float[] x, float[] y) {
        float[] out = new float[x.length];
        for (int p = 0; p < x.length; p++) {
            out[p] = Math.fma(x[p], x[p], y[p]);
        }
        return out;
    }

    /** {@code Σ x[p]·y[p]}. */
    public static float dot(float[] x, float[] y) {
        double sum = 0;
        for (int p = 0; p < x.length; p++) {
            sum += (double) x[p] * y[p];
        }
        return (float) sum;
    }
}
