package dev.gossamer.fl.data;

import java.util.Arrays;

/**
 * Log-mel spectrograms of one second of speech at 16 kHz, as bytes: {@value #BANDS} bands, low to high, of {@value #FRAMES}
 * frames each.
 *
 * <p>Samples are divided by 32,768, and padded with zeros or cut to 16,000. Frame t are the samples from 160 t on, 400 of
 * them (25 ms every 10 ms), times a periodic Hann window, padded to 512. Band m is the sum of the squared magnitudes of
 * their Fourier transform under a triangle of height 1 whose corners lie evenly on the mel scale
 * {@code 2595 log10(1 + f / 700)} from 20 Hz to 8 kHz. That energy E is stored as
 *
 * <pre>  byte = round(2 (10 log10(E) + 80)), at least 0 and at most 255</pre>
 *
 * so a byte counts half decibels from -80 dB on, and is off by 0.25 dB at most up to 47.5 dB. A sine of full scale has about
 * 42 dB; of the spoken words in Speech Commands one value in ten thousand is below the range, and none above.
 *
 * <p>The same samples give the same bytes on every JVM: what is not exactly rounded comes from {@link StrictMath}.
 */
final class LogMel {

    static final int BANDS = 40;
    static final int FRAMES = 98;

    private static final int SAMPLES = Wav.SAMPLE_RATE;
    private static final int WINDOW = 400;
    private static final int HOP = 160;
    private static final int FFT = 512;
    private static final int BINS = FFT / 2 + 1;
    private static final double LEAST_HERTZ = 20;
    private static final double MOST_HERTZ = 8000;
    private static final double LEAST_DECIBELS = -80;
    /** A hundredth of the least that is stored; keeps the logarithm of silence finite. */
    private static final double FLOOR = 1e-10;

    private static final Fourier FOURIER = new Fourier(FFT);
    private static final double[] HANN = hann();
    private static final Filter[] FILTERS = filters();

    private LogMel() {}

    /** The spectrogram, {@code [band][frame]}. */
    static byte[] bytes(short[] samples) {
        double[] decibels = decibels(samples);
        byte[] bytes = new byte[decibels.length];
        for (int i = 0; i < bytes.length; i++) {
            long level = Math.round(2 * (decibels[i] - LEAST_DECIBELS));
            bytes[i] = (byte) Math.clamp(level, 0, 255);
        }
        return bytes;
    }

    /** The same before it is made bytes of. */
    static double[] decibels(short[] samples) {
        double[] decibels = new double[BANDS * FRAMES];
        double[] real = new double[FFT];
        double[] imaginary = new double[FFT];
        double[] power = new double[BINS];
        for (int frame = 0; frame < FRAMES; frame++) {
            Arrays.fill(real, 0);
            Arrays.fill(imaginary, 0);
            int from = frame * HOP;
            int count = Math.min(WINDOW, Math.min(samples.length, SAMPLES) - from);
            for (int i = 0; i < count; i++) {
                real[i] = samples[from + i] / 32_768.0 * HANN[i];
            }
            FOURIER.transform(real, imaginary);
            for (int bin = 0; bin < BINS; bin++) {
                power[bin] = real[bin] * real[bin] + imaginary[bin] * imaginary[bin];
            }
            for (int band = 0; band < BANDS; band++) {
                double energy = FILTERS[band].energy(power);
                decibels[band * FRAMES + frame] = 10 * StrictMath.log10(Math.max(energy, FLOOR));
            }
        }
        return decibels;
    }

    private static double[] hann() {
        double[] window = new double[WINDOW];
        for (int i = 0; i < WINDOW; i++) {
            window[i] = 0.5 - 0.5 * StrictMath.cos(2 * Math.PI * i / WINDOW);
        }
        return window;
    }

    /** Weights of neighbouring bins. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Filter(int firstBin, double[] weights) {

        double energy(double[] power) {
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                sum += weights[i] * power[firstBin + i];
            }
            return sum;
        }
    }

    private static Filter[] filters() {
        Filter[] filters = new Filter[BANDS];
        for (int band = 0; band < BANDS; band++) {
            double low = corner(band);
            double centre = corner(band + 1);
            double high = corner(band + 2);
            int first = (int) Math.ceil(low * FFT / Wav.SAMPLE_RATE);
            int last = (int) Math.floor(high * FFT / Wav.SAMPLE_RATE);
            double[] weights = new double[last - first + 1];
            for (int i = 0; i < weights.length; i++) {
                double hertz = (double) (first + i) * Wav.SAMPLE_RATE / FFT;
                double weight = Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre));
                weights[i] = Math.max(0, weight);
            }
            filters[band] = new Filter(first, weights);
        }
        return filters;
    }

    /** Corners of the triangles, in Hz: evenly spaced in mel. */
    private static double corner(int index) {
        double least = mel(LEAST_HERTZ);
        double mel = least + (mel(MOST_HERTZ) - least) * index / (BANDS + 1);
        return 700 * (StrictMath.pow(10, mel / 2595) - 1);
    }

    private static double mel(double hertz) {
        return 2595 * StrictMath.log10(1 + hertz / 700);
    }
}
