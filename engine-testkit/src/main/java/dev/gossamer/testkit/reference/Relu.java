package dev.gossamer.testkit.reference;

/** The rectifier, which notes what passed it in a mask. */
public final class Relu {

    private Relu() {}

    /** {@code max(x, 0)}; NaN stays NaN. */
    public static float[] relu(float[] x) {
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = Math.max(x[i], 0);
        }
        return y;
    }

    /** Which elements are above 0. */
    public static boolean[] mask(float[] x) {
        boolean[] mask = new boolean[x.length];
        for (int i = 0; i < x.length; i++) {
            mask[i] = x[i] > 0;
        }
        return mask;
    }

    /** {@code gy} where the mask is set, else +0.0. */
    public static float[] gradient(boolean[] mask, float[] gy) {
        float[] gx = new float[gy.length];
        for (int i = 0; i < gy.length; i++) {
            gx[i] = mask[i] ? gy[i] : 0;
        }
        return gx;
    }
}
