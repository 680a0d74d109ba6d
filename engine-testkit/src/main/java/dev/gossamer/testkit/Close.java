package dev.gossamer.testkit;

/**
 * Comparison with tolerances that come from the arithmetic: a sum of n products in f32, in any order, is off by at most
 * about {@code n · u · Σ|a_i·b_i|} with {@code u = 2^-24}. NaN is never close to anything.
 */
public final class Close {

    /** Unit roundoff of f32. */
    public static final double UNIT = 0x1p-24;

    /** Room for what the plain bound leaves out: higher orders, the rounding of alpha·a, and that of the wanted number. */
    private static final double SLACK = 2;

    private Close() {}

    /**
     * Fails unless {@code |got − want| <= 2 · terms · u · magnitude} everywhere.
     *
     * @param magnitudes {@code Σ|a_i·b_i|} of each element, for example from the oracle on absolute values
     * @param terms the most summands of an element
     */
    public static void check(String what, float[] got, float[] want, float[] magnitudes, long terms) {
        sameLength(what, got, want);
        int wrong = 0;
        String first = "";
        for (int i = 0; i < want.length; i++) {
            double bound = SLACK * terms * UNIT * magnitudes[i];
            if (!within(got[i], want[i], bound)) {
                first = wrong++ == 0 ? describe(what, i, got[i], want[i], bound) : first;
            }
        }
        if (wrong > 0) {
            throw new AssertionError(first + "; " + wrong + " of " + want.length + " numbers are wrong");
        }
    }

    /** Fails unless {@code |got − want| <= 2 · terms · u · magnitude}. */
    public static void check(String what, float got, float want, double magnitude, long terms) {
        double bound = SLACK * terms * UNIT * magnitude;
        if (!within(got, want, bound)) {
            throw new AssertionError(describe(what, 0, got, want, bound));
        }
    }

    /** Fails unless the numbers are the same; −0 and +0 are, and NaN is the same as NaN. */
    public static void same(String what, float[] got, float[] want) {
        sameLength(what, got, want);
        for (int i = 0; i < want.length; i++) {
            if (got[i] != want[i] && !(Float.isNaN(got[i]) && Float.isNaN(want[i]))) {
                throw new AssertionError(describe(what, i, got[i], want[i], 0));
            }
        }
    }

    /** Fails unless every bit is the same. */
    public static void sameBits(String what, float[] got, float[] want) {
        sameLength(what, got, want);
        for (int i = 0; i < want.length; i++) {
            if (Float.floatToRawIntBits(got[i]) != Float.floatToRawIntBits(want[i])) {
                throw new AssertionError(describe(what, i, got[i], want[i], 0)
                        + " (bits " + Integer.toHexString(Float.floatToRawIntBits(got[i])) + " and "
                        + Integer.toHexString(Float.floatToRawIntBits(want[i])) + ")");
            }
        }
    }

    /** Equal infinities have no difference, so equality is asked first; NaN fails both questions. */
    private static boolean within(float got, float want, double bound) {
        return got == want || Math.abs((double) got - want) <= bound;
    }

    private static void sameLength(String what, float[] got, float[] want) {
        if (got.length != want.length) {
            throw new AssertionError(what + ": got " + got.length + " numbers, want " + want.length);
        }
    }

    private static String describe(String what, int index, float got, float want, double bound) {
        return what + "[" + index + "]: got " + got + ", want " + want + ", off by " + Math.abs((double) got - want)
                + " where " + bound + " is allowed";
    }
}
