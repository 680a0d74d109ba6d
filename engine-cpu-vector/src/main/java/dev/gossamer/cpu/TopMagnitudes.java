package dev.gossamer.cpu;

import dev.gossamer.cpu.CpuWorkspace.Scratch;
import dev.gossamer.cpu.MagnitudeKernels.Tally;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The k-th largest magnitude of a sequence of floats, exactly, in one pass over memory: a sample says between which two
 * magnitudes it lies almost surely; the pass counts what is above and collects what is between; the rest happens in a few
 * per cent of the floats, in cache. The bounds themselves are counted and not collected, so that many equal numbers need no
 * more room than others. A sample that misleads costs time only: the answer is then found by halving the interval, a pass
 * each. Counts do not depend on the order of work, nor the sample on anything but the data: any width and number of threads
 * agree.
 */
final class TopMagnitudes {

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

    /** No vector has more lanes. */
    private static final int MOST_LANES = 16;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final CpuWorkspace workspace;
    private final long[] starts;
    private final long[] counts;
    private final long total;

    /** Floats that count, in living memory, with +0.0 up to the next multiple of 16 of them: these zeros rank last. */
    record Part(MemorySegment floats, long count) {}

    /** The answer is sought strictly between low and high and at both; -1 and infinity + 1 bound nothing. */
    record Bounds(int low, int high) {}

    TopMagnitudes(CpuWorkspace workspace, List<Part> parts) {
        this.workspace = workspace;
        this.starts = new long[parts.size()];
        this.counts = new long[parts.size()];
        long sum = 0;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = (parts.get(i).count + MOST_LANES - 1) / MOST_LANES * MOST_LANES;
            starts[i] = Raw.address(parts.get(i).floats, 0, counts[i] * Float.BYTES);
            sum += counts[i];
        }
        this.total = sum;
    }

    /**
     * The threshold of the k largest, or null if one of all floats is NaN.
     *
     * @param k from 0 to the number of floats that count
     */
    @Nullable
    Threshold kthLargest(long k) {
        return kthLargest(k, total <= SMALL ? new Bounds(-1, INFINITY + 1) : sampledBounds(k));
    }

    /** The same answer, from whatever bounds. */
    @Nullable
    Threshold kthLargest(long k, Bounds bounds) {
        int shares = workspace.parts(total * WORK);
        // Per share: a part of its floats, and a chunk on top, since the kernel may write as much as it reads.
        long room = (Math.min(SMALL, total) + total / ROOM) / shares + CHUNK + MOST_LANES;
        MemorySegment scratch = workspace.scratch(Scratch.VALUES, shares * room * Integer.BYTES);
        Tally[] tallies = pass(bounds, shares, scratch, room);
        Tally sum = Tally.sum(tallies);
        if (sum.most > INFINITY) {
            return null;
        }
        if (k == 0) {
            return new Threshold(INFINITY, 0);
        }
        if (sum.complete) {
            long below = sum.atHigh + sum.between;
            if (k > sum.above && k <= sum.atHigh) {
                return new Threshold(bounds.high, k - sum.above);
            } else if (k > sum.atHigh && k <= below) {
                gather(tallies, scratch, room);
                return among(scratch, sum.between, bounds.low + 1, bounds.high - 1, k - sum.atHigh);
            } else if (k > below && k <= sum.atLow) {
                return new Threshold(bounds.low, k - below);
            }
        }
        return halve(k, shares, scratch, room);
    }

    /** Halves the interval of the answer by a pass each, at most 31. */
    private @Nullable Threshold halve(long k, int shares, MemorySegment scratch, long room) {
        int low = 0;
        int high = INFINITY;
        while (true) {
            int middle = (low + high) >>> 1;
            Tally sum = Tally.sum(pass(new Bounds(middle, middle), shares, scratch, room));
            if (sum.most > INFINITY) {
                return null;
            }
            if (k <= sum.above) {
                low = middle + 1;
            } else if (k > sum.atHigh) {
                high = middle - 1;
            } else {
                return new Threshold(middle, k - sum.above);
            }
        }
    }

    // ---- the pass

    private Tally[] pass(Bounds bounds, int shares, MemorySegment scratch, long room) {
        Tally[] tallies = new Tally[shares];
        long out = Raw.address(scratch, 0, shares * room * Integer.BYTES);
        workspace.workers().run(shares, (share, of) -> {
            tallies[share] = new Tally();
            long vectors = total / MOST_LANES;
            divide(
                    vectors * share / of * MOST_LANES,
                    vectors * (share + 1) / of * MOST_LANES,
                    bounds,
                    out + share * room * Integer.BYTES,
                    room,
                    tallies[share]);
        });
        return tallies;
    }

    /** The floats from one number to another of all parts in a row. */
    private void divide(long from, long to, Bounds bounds, long out, long room, Tally tally) {
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
                        bounds.low,
                        bounds.high,
                        out + tally.between * Integer.BYTES,
                        tally);
            }
            before += counts[part];
        }
    }

    /** Moves what the shares collected to the start of the scratch memory. */
    private static void gather(Tally[] tallies, MemorySegment scratch, long room) {
        long to = tallies[0].between;
        for (int share = 1; share < tallies.length; share++) {
            long count = tallies[share].between;
            MemorySegment.copy(scratch, share * room * 4, scratch, to * 4, count * 4);
            to += count;
        }
    }

    // ---- in cache

    /**
     * The rank-th largest of some ints, which are moved about, and how many of its equals are among the largest.
     *
     * @param ints room for 16 more than there are
     * @param least at least 0; none is below
     * @param most none is above
     */
    private static Threshold among(MemorySegment ints, long count, int least, int most, long rank) {
        long at = Raw.address(ints, 0, (count + MOST_LANES) * Integer.BYTES);
        int low = least;
        int high = most;
        long left = rank;
        long size = count;
        while (low < high) {
            int vectors = fillUp(ints, size);
            int middle = (low + high) >>> 1;
            long above = MagnitudeKernels.countAbove(at, vectors, middle);
            if (left <= above) {
                low = middle + 1;
            } else {
                left -= above;
                high = middle;
            }
            size = MagnitudeKernels.narrow(at, vectors, low, high);
        }
        return new Threshold(low, left);
    }

    /** Ends the ints in a whole vector, by numbers below all magnitudes. Returns how many vectors they are. */
    private static int fillUp(MemorySegment ints, long count) {
        int vectors = Math.toIntExact((count + Lanes.COUNT - 1) / Lanes.COUNT);
        for (long i = count; i < (long) vectors * Lanes.COUNT; i++) {
            ints.setAtIndex(INT, i, -1);
        }
        return vectors;
    }

    // ---- the sample

    /** Bounds of the k-th largest of many, almost surely; strictly between them lie few. */
    Bounds sampledBounds(long k) {
        double share = (double) k / total;
        double expected = share * SAMPLES;
        double spread = DEVIATIONS * Math.sqrt(expected * (1 - share)) + SLACK;
        int lowRank = (int) Math.ceil(expected + spread);
        int highRank = (int) Math.floor(expected - spread);
        long room = SAMPLES + MOST_LANES;
        MemorySegment scratch = workspace.scratch(Scratch.TILES, 2 * room * Integer.BYTES);
        MemorySegment first = scratch.asSlice(0, room * Integer.BYTES);
        MemorySegment second = scratch.asSlice(room * Integer.BYTES);
        sample(first, second);
        return new Bounds(
                lowRank > SAMPLES
                        ? -1
                        : among(first, SAMPLES, 0, Integer.MAX_VALUE, lowRank).magnitudeBits(),
                highRank < 1
                        ? INFINITY + 1
                        : among(second, SAMPLES, 0, Integer.MAX_VALUE, highRank).magnitudeBits());
    }

    /** One magnitude from each of as many equal stretches, at a place scattered by a hash so that periodic data do no harm. */
    private void sample(MemorySegment first, MemorySegment second) {
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
            int magnitude = Raw.ALL.get(INT, address & Raw.USER) & MagnitudeKernels.SIGN_CLEARED;
            first.setAtIndex(INT, i, magnitude);
            second.setAtIndex(INT, i, magnitude);
        }
    }

    private static long scatter(long i) {
        long mixed = (i + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return mixed ^ (mixed >>> 32);
    }

    // ---- marking

    /**
     * Which floats of a part are above a magnitude or among the first {@code ties} at it: bit {@code i & 63} of word
     * {@code i >> 6} for float i.
     *
     * @return how many ties are left
     */
    static long mark(Part part, int bound, long ties, long[] bits) {
        long from = Raw.address(part.floats, 0, part.count * Float.BYTES);
        int words = (int) (part.count >>> 6);
        long left = MagnitudeKernels.mark(from, words, bound, ties, bits);
        for (long i = (long) words << 6; i < part.count; i++) {
            int magnitude = part.floats.getAtIndex(INT, i) & MagnitudeKernels.SIGN_CLEARED;
            if (magnitude > bound || (magnitude == bound && left-- > 0)) {
                bits[words] |= 1L << i;
            }
        }
        return Math.max(left, 0);
    }
}
