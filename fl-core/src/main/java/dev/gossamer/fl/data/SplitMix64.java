package dev.gossamer.fl.data;

/**
 * The SplitMix64 generator, written out so that a seed gives the same data on every JVM, for ever.
 *
 * <p>Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; the mixing constants are
 * Stafford's variant 13. A stream of its own for each purpose comes from {@link #of}. Not thread-safe.
 */
public final class SplitMix64 {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    private SplitMix64(long state) {
        this.state = state;
    }

    /**
     * The stream of a seed and a path of numbers, for example a purpose, a round and a client. Streams with different
     * paths are unrelated, also where the numbers are small and close.
     */
    public static SplitMix64 of(long seed, long... path) {
        long state = mix(seed + GOLDEN_GAMMA);
        for (long step : path) {
            state = mix(mix(state + GOLDEN_GAMMA) ^ step);
        }
        return new SplitMix64(state);
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }

    /** 64 random bits. */
    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** Uniform in [0, bound), without bias. */
    public int nextInt(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("bound is " + bound + ", but must be at least 1");
        }
        // Lemire's method: the high half of a 32x32 bit product, rejecting the few low halves that would bias it.
        long threshold = Integer.toUnsignedLong(-bound) % bound;
        long product;
        do {
            product = (nextLong() >>> 32) * bound;
        } while ((product & 0xFFFFFFFFL) < threshold);
        return (int) (product >>> 32);
    }

    /** Uniform in [0, 1), a multiple of 2^-24. */
    public float nextFloat() {
        return (nextLong() >>> 40) * 0x1p-24f;
    }

    /** Uniform in [low, high), up to rounding. */
    public float nextFloat(float low, float high) {
        return low + (high - low) * nextFloat();
    }

    /** Uniform in [0, 1), a multiple of 2^-53. */
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1p-53;
    }

    /** Puts an array into random order (Fisher and Yates), each order as likely as any other. */
    public void shuffle(int[] array) {
        for (int last = array.length - 1; last > 0; last--) {
            int other = nextInt(last + 1);
            int swapped = array[last];
            array[last] = array[other];
            array[other] = swapped;
        }
    }
}
