package dev.gossamer.cpu;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.cpu.MagnitudeKernels.Tally;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The k-th largest magnitude of a sequence of floats, exactly, in one pass over memory: a sample says between which two
 * magnitudes it lies almost surely; the pass counts what is above and collects what is between; the rest happens in a few
 * per cent of the floats, in cache. The bounds themselves are counted and not collected, so that many equal numbers need no
 * more room than others. A sample that misleads costs time only: the answer is then found by halving the interval, a pass
 * each. Counts do not depend on the order of work, nor the sample on anything but the data: any width and number of threads
 * agree.
 *
 * <p>Kept by those who select in every step, as nothing is allocated once it is made.
 */
final class TopMagnitudes implements Workers.Parts {

    /** Magnitude bits of infinity; above it there is only NaN. */
    static final int INFINITY = 0x7f80_0000;

    /** Up to so many floats there is no sample: all are collected. */
    static final int SMALL = 1 << 16;

    private static final int SAMPLES = 1 << 13;

    /** Standard deviations between the expected rank in the sample and the bounds; missed once in some 10^5. */
    private static final double DEVIATIONS = 4.5;

    /** Ranks added to that, for ranks so small that the normal distribution does not describe them. */
    private static final double SLACK = 9;

    /** Room for this part of all floats between the bounds; at most a twentieth is expected. */
    private static final int ROOM = 8;

    /** Floats that one call of the kernel counts: few enough for 32-bit sums, and the room left is looked at in between. */
    private static final int CHUNK = 1 << 14;

    /** To how many floating-point operations the work for a float compares; decides when threads are worth waking. */
    private static final double WORK = 8;

    /** Half the width of the interval around a guess, in magnitude bits: a sixteenth of the number, or an eighth. */
    private static final int NEAR = 1 << 19;

    /** No vector has more lanes. */
    private static final int MOST_LANES = 16;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final CpuWorkspace workspace;
    private final long[] starts;
    private final long[] counts;
    private final Tally[] tallies;
    private final Tally sum = new Tally();
    private long total;

    // What the pass under way looks for, and where each share writes.
    private int low;
    private int high;
    private long out;
    private long room;

    // The answer.
    private int magnitude;
    private long ties;

    /** Floats that count, in living memory, with +0.0 up to the next multiple of 16 of them: these zeros rank last. */
    record Part(MemorySegment floats, long count) {}

    /** The answer is sought strictly between low and high and at both; -1 and infinity + 1 bound nothing. */
    record Bounds(int low, int high) {}

    TopMagnitudes(CpuWorkspace workspace, List<Part> parts) {
        this(workspace, parts.size());
        for (int i = 0; i < parts.size(); i++) {
            part(i, parts.get(i).floats, parts.get(i).count);
        }
    }

    /** For one part after the other, see {@link #find(MemorySegment, long, long, int)}. */
    TopMagnitudes(CpuWorkspace workspace) {
        this(workspace, 1);
    }

    private TopMagnitudes(CpuWorkspace workspace, int parts) {
        this.workspace = workspace;
        this.starts = new long[parts];
        this.counts = new long[parts];
        this.tallies = new Tally[workspace.threads()];
        Arrays.setAll(tallies, share -> new Tally());
    }

    private void part(int number, MemorySegment floats, long count) {
        total -= counts[number];
        counts[number] = (count + MOST_LANES - 1) / MOST_LANES * MOST_LANES;
        starts[number] = Raw.address(floats, 0, counts[number] * Float.BYTES);
        total += counts[number];
    }

    /**
     * Finds the k-th largest of one part; see {@link #magnitude} and {@link #ties}. A guess does not change the answer: if that is
     * near it, one pass without a sample finds it, and collects little.
     *
     * @param guess magnitude bits, as those that the last step found; no guess where they are of no finite number above 0
     * @return false if one of the floats is NaN
     */
    boolean find(MemorySegment floats, long count, long k, int guess) {
        part(0, floats, count);
        if (k == 0 || guess <= NEAR || guess >= INFINITY) {
            return find(k);
        }
        int shares = prepare();
        pass(guess - NEAR, guess + NEAR, shares);
        return sum.most <= INFINITY && (answered(k, guess - NEAR, guess + NEAR, shares) || find(k));
    }

    /** Magnitude bits of the k-th largest that was found. */
    int magnitude() {
        return magnitude;
    }

    /** How many of its equals are among the k largest. */
    long ties() {
        return ties;
    }

    /**
     * The threshold of the k largest, or null if one of all floats is NaN.
     *
     * @param k from 0 to the number of floats that count
     */
    @Nullable
    Threshold kthLargest(long k) {
        return find(k) ? new Threshold(magnitude, ties) : null;
    }

    /** The same answer, from whatever bounds. */
    @Nullable
    Threshold kthLargest(long k, Bounds bounds) {
        return find(k, bounds.low, bounds.high) ? new Threshold(magnitude, ties) : null;
    }

    private boolean find(long k) {
        if (total <= SMALL) {
            return find(k, -1, INFINITY + 1);
        }
        sample(k);
        return find(k, low, high);
    }

    private boolean find(long k, int lowBound, int highBound) {
        int shares = prepare();
        pass(lowBound, highBound, shares);
        if (sum.most > INFINITY) {
            return false;
        }
        if (k == 0) {
            return found(INFINITY, 0);
        }
        return answered(k, lowBound, highBound, shares) || halve(k, shares);
    }

    /** Makes room for what a pass collects, and says by how many shares it runs. */
    private int prepare() {
        int shares = workspace.parts(total * WORK);
        // Per share: a part of its floats, and a chunk on top, since the kernel may write as much as it reads.
        room = (Math.min(SMALL, total) + total / ROOM) / shares + CHUNK + MOST_LANES;
        MemorySegment scratch = workspace.scratch(Scratch.VALUES, shares * room * Integer.BYTES);
        out = Raw.address(scratch, 0, shares * room * Integer.BYTES);
        return shares;
    }

    /** Whether the answer is at one of the bounds of the last pass or between them; then it is found. */
    private boolean answered(long k, int lowBound, int highBound, int shares) {
        long below = sum.atHigh + sum.between;
        if (!sum.complete || k <= sum.above || k > sum.atLow) {
            return false;
        }
        if (k <= sum.atHigh) {
            return found(highBound, k - sum.above);
        }
        if (k > below) {
            return found(lowBound, k - below);
        }
        gather(shares);
        among(out, sum.between, lowBound + 1, highBound - 1, k - sum.atHigh);
        return true;
    }

    private boolean found(int bits, long equals) {
        magnitude = bits;
        ties = equals;
        return true;
    }

    /** Halves the interval of the answer by a pass each, at most 31. */
    private boolean halve(long k, int shares) {
        int least = 0;
        int most = INFINITY;
        while (true) {
            int middle = (least + most) >>> 1;
            pass(middle, middle, shares);
            if (sum.most > INFINITY) {
                return false;
            }
            if (k <= sum.above) {
                least = middle + 1;
            } else if (k > sum.atHigh) {
                most = middle - 1;
            } else {
                return found(middle, k - sum.above);
            }
        }
    }

    // ---- the pass

    /** Counts by two bounds and collects what is between them. */
    private void pass(int lowBound, int highBound, int shares) {
        low = lowBound;
        high = highBound;
        workspace.workers().run(shares, this);
        sum.clear();
        for (int share = 0; share < shares; share++) {
            sum.add(tallies[share]);
        }
    }

    @Override
    public void run(int share, int shares) {
        tallies[share].clear();
        long vectors = total / MOST_LANES;
        divide(
                vectors * share / shares * MOST_LANES,
                vectors * (share + 1) / shares * MOST_LANES,
                out + share * room * Integer.BYTES,
                tallies[share]);
    }

    /** The floats from one number to another of all parts in a row. */
    private void divide(long from, long to, long collected, Tally tally) {
        long before = 0;
        for (int part = 0; part < counts.length && before < to; part++) {
            long end = Math.min(to, before + counts[part]);
            for (long at = Math.max(from, before); at < end; at += CHUNK) {
                int floats = (int) Math.min(CHUNK, end - at);
                if (tally.between + floats + MOST_LANES > room) {
                    tally.complete = false;
                    return;
                }
                MagnitudeKernels.divide(
                        starts[part] + (at - before) * Float.BYTES,
                        floats / Lanes.COUNT,
                        low,
                        high,
                        collected + tally.between * Integer.BYTES,
                        tally);
            }
            before += counts[part];
        }
    }

    /** Moves what the shares collected to the start of the scratch memory. */
    private void gather(int shares) {
        MemorySegment scratch = workspace.scratch(Scratch.VALUES, shares * room * Integer.BYTES);
        long to = tallies[0].between;
        for (int share = 1; share < shares; share++) {
            long count = tallies[share].between;
            MemorySegment.copy(scratch, share * room * 4, scratch, to * 4, count * 4);
            to += count;
        }
    }

    // ---- in cache

    /**
     * Finds the rank-th largest of some ints, which are moved about, and how many of its equals are among the largest.
     *
     * @param at address with room for 16 more than there are
     * @param least at least 0; none is below
     * @param most none is above
     */
    private void among(long at, long count, int least, int most, long rank) {
        int lower = least;
        int upper = most;
        long left = rank;
        long size = count;
        while (lower < upper) {
            int vectors = fillUp(at, size);
            int middle = (lower + upper) >>> 1;
            long above = MagnitudeKernels.countAbove(at, vectors, middle);
            if (left <= above) {
                lower = middle + 1;
            } else {
                left -= above;
                upper = middle;
            }
            size = MagnitudeKernels.narrow(at, vectors, lower, upper);
        }
        found(lower, left);
    }

    /** Ends the ints in a whole vector, by numbers below all magnitudes. Returns how many vectors they are. */
    private static int fillUp(long at, long count) {
        int vectors = Math.toIntExact((count + Lanes.COUNT - 1) / Lanes.COUNT);
        for (long i = count; i < (long) vectors * Lanes.COUNT; i++) {
            Raw.ALL.set(INT, (at + i * Integer.BYTES) & Raw.USER, -1);
        }
        return vectors;
    }

    // ---- the sample

    /** Bounds of the k-th largest of many, almost surely; strictly between them lie few. */
    Bounds sampledBounds(long k) {
        sample(k);
        return new Bounds(low, high);
    }

    private void sample(long k) {
        double share = (double) k / total;
        double expected = share * SAMPLES;
        double spread = DEVIATIONS * Math.sqrt(expected * (1 - share)) + SLACK;
        int lowRank = (int) Math.ceil(expected + spread);
        int highRank = (int) Math.floor(expected - spread);
        long bytes = (SAMPLES + MOST_LANES) * (long) Integer.BYTES;
        MemorySegment scratch = workspace.scratch(Scratch.TILES, 2 * bytes);
        long first = Raw.address(scratch, 0, bytes);
        long second = Raw.address(scratch, bytes, bytes);
        sample(first, second);
        low = lowRank > SAMPLES ? -1 : rank(first, lowRank);
        high = highRank < 1 ? INFINITY + 1 : rank(second, highRank);
    }

    private int rank(long sampled, int rank) {
        among(sampled, SAMPLES, 0, Integer.MAX_VALUE, rank);
        return magnitude;
    }

    /** One magnitude from each of as many equal stretches, at a place scattered by a hash so that periodic data do no harm. */
    private void sample(long first, long second) {
        long before = 0;
        int part = 0;
        for (int i = 0; i < SAMPLES; i++) {
            long start = total * i / SAMPLES;
            long length = total * (i + 1) / SAMPLES - start;
            long place = start + Math.unsignedMultiplyHigh(scatter(i), length);
            while (place >= before + counts[part]) {
                before += counts[part++];
            }
            long address = starts[part] + (place - before) * Float.BYTES;
            int sampled = Raw.ALL.get(INT, address & Raw.USER) & MagnitudeKernels.SIGN_CLEARED;
            Raw.ALL.set(INT, (first + 4L * i) & Raw.USER, sampled);
            Raw.ALL.set(INT, (second + 4L * i) & Raw.USER, sampled);
        }
    }

    private static long scatter(long i) {
        long mixed = (i + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return mixed ^ (mixed >>> 32);
    }

    // ---- marking

    /**
     * Which floats of a part are above a magnitude or among the first {@code equals} at it: bit {@code i & 63} of word
     * {@code i >> 6} for float i.
     *
     * @return how many ties are left
     */
    static long mark(Part part, int bound, long equals, long[] bits) {
        long from = Raw.address(part.floats, 0, part.count * Float.BYTES);
        int words = (int) (part.count >>> 6);
        long left = MagnitudeKernels.mark(from, words, bound, equals, bits);
        for (long i = (long) words << 6; i < part.count; i++) {
            int magnitude = part.floats.getAtIndex(INT, i) & MagnitudeKernels.SIGN_CLEARED;
            if (magnitude > bound || (magnitude == bound && left-- > 0)) {
                bits[words] |= 1L << i;
            }
        }
        return Math.max(left, 0);
    }
}
