package dev.gossamer.fl.data;

/**
 * The discrete Fourier transform {@code X[k] = sum_n x[n] exp(-2 pi i k n / N)} by Cooley and Tukey's algorithm ("An algorithm
 * for the machine calculation of complex Fourier series", 1965): radix 2, in place, in double precision.
 * Safe to use from many threads.
 */
final class Fourier {

    private final int n;
    /** Of {@code exp(-2 pi i k / N)} for k below N/2. */
    private final double[] cos;

    private final double[] sin;

    /** The transform of N complex numbers, a power of two. */
    Fourier(int n) {
        if (Integer.bitCount(n) != 1) {
            throw new IllegalArgumentException("N must be a power of two, not " + n);
        }
        this.n = n;
        cos = new double[n / 2];
        sin = new double[n / 2];
        for (int k = 0; k < n / 2; k++) {
            cos[k] = StrictMath.cos(2 * Math.PI * k / n);
            sin[k] = -StrictMath.sin(2 * Math.PI * k / n);
        }
    }

    /**
     * Transforms in place.
     *
     * @param real length N
     * @param imaginary length N
     */
    void transform(double[] real, double[] imaginary) {
        if (real.length != n || imaginary.length != n) {
            throw new IllegalArgumentException(
                    "Lengths must be " + n + ", not " + real.length + " and " + imaginary.length);
        }
        reverseBits(real, imaginary);
        for (int half = 1; half < n; half *= 2) {
            int stride = n / (2 * half);
            for (int block = 0; block < n; block += 2 * half) {
                for (int i = 0; i < half; i++) {
                    int top = block + i;
                    int bottom = top + half;
                    double re = real[bottom] * cos[i * stride] - imaginary[bottom] * sin[i * stride];
                    double im = real[bottom] * sin[i * stride] + imaginary[bottom] * cos[i * stride];
                    real[bottom] = real[top] - re;
                    imaginary[bottom] = imaginary[top] - im;
                    real[top] += re;
                    imaginary[top] += im;
                }
            }
        }
    }

    private static void reverseBits(double[] real, double[] imaginary) {
        int shift = Integer.numberOfLeadingZeros(real.length) + 1;
        for (int i = 1; i < real.length; i++) {
            int other = Integer.reverse(i) >>> shift;
            if (other > i) {
                swap(real, i, other);
                swap(imaginary, i, other);
            }
        }
    }

    private static void swap(double[] array, int i, int j) {
        double swapped = array[i];
        array[i] = array[j];
        array[j] = swapped;
    }
}
