package dev.gossamer.cpu;

/**
 * {@link VectorMath} one number at a time, operation for operation. As it knows no width, having its bits at every width means
 * having each other's.
 */
final class ScalarMath {

    private static final double[] LOG2 = {
        0.28290144368785247,
        0.3199056118625326,
        0.412209254333981,
        0.5770779423466141,
        0.9617966941134019,
        2.88539008177785
    };

    private static final double[] EXP2 = {
        1.5201923227886917E-5,
        1.5469291148894633E-4,
        0.0013333922556294352,
        0.00961802725364381,
        0.055504103534569235,
        0.2402265119815789,
        0.6931471807284446,
        0.9999999999616818
    };

    private static final float[] EXP = {1.9875691E-4f, 0.0013981999f, 0.008333452f, 0.041665796f, 0.16666666f, 0.5f};

    private ScalarMath() {}

    static double log2(float of) {
        double x = Math.abs(of);
        if (x == 0) {
            return Double.NEGATIVE_INFINITY;
        }
        if (!(x < Double.POSITIVE_INFINITY)) {
            return x;
        }
        int n = Math.getExponent(x);
        double m = Math.scalb(x, -n);
        if (Double.compare(m, 2 * Double.longBitsToDouble(0x3fe6_a09e_667f_3bcdL)) >= 0) {
            n++;
            m /= 2;
        }
        double s = (m - 1) / (m + 1);
        return Math.fma(s, horner(LOG2, s * s), n);
    }

    static float power(float x, float exponent) {
        float quarters = 4 * exponent;
        if (quarters <= 16 && quarters == (int) quarters && quarters % 4 != 3) {
            return byRoots(Math.abs(x), (int) quarters);
        }
        double y = Math.min(Math.max(log2(x) * exponent, -1000), 1000);
        double n = Math.rint(y);
        return Double.isNaN(y) ? Float.NaN : (float) Math.scalb(horner(EXP2, y - n), (int) n);
    }

    private static float byRoots(float x, int quarters) {
        float power = switch (quarters % 4) {
            case 0 -> 1;
            case 1 -> root(root(x));
            default -> root(x);
        };
        for (int i = 0; i < quarters / 4; i++) {
            power *= x;
        }
        return power;
    }

    private static float root(float x) {
        return (float) Math.sqrt(x);
    }

    /** {@code e^(x - max)}. */
    static float expDifference(float x, float max) {
        float difference = Math.max(x - max, -87.3f);
        float n = Math.fma(difference, 1.442695f, 12582912f) - 12582912f;
        float r = Math.fma(n, 2.1219444E-4f, Math.fma(n, -0x1.63p-1f, difference));
        float p = EXP[0];
        for (int i = 1; i < EXP.length; i++) {
            p = Math.fma(p, r, EXP[i]);
        }
        return (Math.fma(p, r * r, r) + 1) * Math.scalb(1f, (int) n);
    }

    private static double horner(double[] coefficients, double x) {
        double p = coefficients[0];
        for (int i = 1; i < coefficients.length; i++) {
            p = Math.fma(p, x, coefficients[i]);
        }
        return p;
    }
}
