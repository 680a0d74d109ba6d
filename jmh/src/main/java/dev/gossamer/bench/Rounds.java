package dev.gossamer.bench;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Measures contenders turn by turn, so that what else the machine does hits all of them: the ratio of two neighbouring
 * slices is good to a few per cent where the figures themselves drift by a third. A round is one slice of each contender, and
 * the order turns from round to round; reported are medians over rounds and the intervals that hold the true medians with at
 * least 95 %; fewer than six rounds have none.
 * A run that is not timed goes before each slice but the first ones: whoever was before left the caches full of other data.
 */
final class Rounds {

    private static final double CONFIDENCE = 0.95;

    /** C2 needs runs, not only time. */
    private static final int LEAST_WARM_UP_RUNS = 20;

    /** Nanoseconds that a warm-up waits for C2 beyond its time: it is not waited for in vain on a machine that never rests. */
    private static final double LONGEST_COMPILATION = 20e9;

    /** Slices; a run as long as that hardly notices what the caches held, and would take its time twice. */
    private static final double LONG_RUN = 100;

    private final Plan plan;
    private final Set<String> compiled = new HashSet<>();

    Rounds(Plan plan) {
        this.plan = plan;
    }

    /**
     * How long to measure.
     *
     * @param rounds slices of each contender
     * @param sliceNanos length of a slice; a run that takes longer is a slice by itself
     * @param warmUpNanos for each contender before its first slice, and longer while methods are being compiled; 0 waits for none
     * @param compileNanos the same where a kind of work is met for the first time: C2 takes most of a second for a kernel
     */
    record Plan(int rounds, double sliceNanos, double warmUpNanos, double compileNanos) {

        Plan {
            if (rounds < 1) {
                throw new IllegalArgumentException("rounds must be at least 1, got " + rounds);
            }
        }
    }

    /**
     * What the rounds gave.
     *
     * @param nanos of one run of ours
     * @param interval around it
     * @param all ours against each peer, the fastest first
     */
    record Score(double nanos, Interval interval, List<Versus> all) {

        /** Against the peer that was fastest; null if there was none. */
        @Nullable
        Versus versus() {
            return all.isEmpty() ? null : all.getFirst();
        }

        /** Against that peer, as if it had been alone; without ratio if it was not there. */
        Score against(String peer) {
            return new Score(
                    nanos,
                    interval,
                    all.stream().filter(versus -> versus.peer.equals(peer)).toList());
        }
    }

    /**
     * Ours against a peer.
     *
     * @param nanos of one run of the peer
     * @param ratio of speeds, ours over the peer's: the median over rounds
     */
    record Versus(String peer, double nanos, double ratio, Interval interval) {}

    /**
     * Measures contenders that were verified.
     *
     * @param kind of the work: kernels are compiled once for each
     * @param peers by name; may be empty
     */
    Score measure(String kind, Contender ours, Map<String, ? extends Contender> peers) {
        List<String> names = List.copyOf(peers.keySet());
        List<Contender> all = new ArrayList<>();
        all.add(ours);
        names.forEach(name -> all.add(peers.get(name)));
        double warmUp = compiled.add(kind) ? plan.compileNanos : plan.warmUpNanos;
        int[] runs = new int[all.size()];
        for (int who = 0; who < runs.length; who++) {
            runs[who] = warmUp(all.get(who), warmUp);
        }
        double[][] nanos = new double[all.size()][plan.rounds];
        for (int round = 0; round < plan.rounds; round++) {
            for (int turn = 0; turn < runs.length; turn++) {
                int who = (round + turn) % runs.length;
                if (round > 0 && nanos[who][round - 1] < LONG_RUN * plan.sliceNanos) {
                    all.get(who).nanos(1);
                }
                nanos[who][round] = all.get(who).nanos(runs[who]);
            }
        }
        return score(names, nanos);
    }

    /** Of a time for each contender, ours first, and each round. */
    static Score score(List<String> peers, double[][] nanos) {
        double[] ours = nanos[0];
        List<Versus> all = new ArrayList<>();
        for (int peer = 0; peer < peers.size(); peer++) {
            double[] theirs = nanos[peer + 1];
            double[] ratios = new double[ours.length];
            Arrays.setAll(ratios, round -> theirs[round] / ours[round]);
            all.add(new Versus(peers.get(peer), median(theirs), median(ratios), interval(ratios)));
        }
        all.sort(Comparator.comparingDouble(Versus::nanos));
        return new Score(median(ours), interval(ours), all);
    }

    private int warmUp(Contender contender, double nanos) {
        double quickest = quickest(contender, nanos);
        long start = System.nanoTime();
        while (nanos > 0 && CompileQueue.isBusy() && System.nanoTime() - start < LONGEST_COMPILATION) {
            quickest = Math.min(quickest, quickest(contender, plan.warmUpNanos));
        }
        return (int) Math.max(1, Math.round(plan.sliceNanos / quickest));
    }

    /** Of runs for that long, the nanoseconds of the quickest. */
    private double quickest(Contender contender, double nanos) {
        long start = System.nanoTime();
        int runs = 0;
        double quickest = Double.MAX_VALUE;
        do {
            int some = quickest > plan.sliceNanos ? 1 : 4;
            quickest = Math.min(quickest, contender.nanos(some));
            runs += some;
        } while (System.nanoTime() - start < nanos || (runs < LEAST_WARM_UP_RUNS && quickest < plan.sliceNanos));
        return quickest;
    }

    /** Runs for that long, and often enough that compiled code is in place. */
    static void repeat(Contender contender, double nanos) {
        long start = System.nanoTime();
        for (int runs = 0; System.nanoTime() - start < nanos || runs < LEAST_WARM_UP_RUNS; runs++) {
            contender.run();
        }
    }

    static double geomean(Collection<Double> values) {
        return Math.exp(values.stream().mapToDouble(Math::log).average().orElse(Double.NaN));
    }

    /** Around a geometric mean, of the intervals around what it is the mean of, whose errors have nothing to do with each other. */
    static Interval around(double geomean, Collection<Interval> intervals) {
        double squares = intervals.stream()
                .mapToDouble(interval -> Math.log(interval.high() / interval.low()) / 2)
                .map(half -> half * half)
                .sum();
        double factor = Math.exp(Math.sqrt(squares) / intervals.size());
        return new Interval(geomean / factor, geomean * factor);
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /**
     * The narrowest pair of order statistics, as many values outside on either side, that holds the true median with at least
     * {@link #CONFIDENCE}, whatever the values' distribution. It misses where so few values or fewer lie on one side of the
     * median, each of them with probability one half: {@code 1 - 2 P(B(n, 1/2) <= outside)} hold it. Even the least and the
     * largest of five do not reach that (.9375), so that fewer than six values have no interval.
     */
    static Interval interval(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int outside = outside(sorted.length);
        return outside < 0 ? Interval.UNKNOWN : new Interval(sorted[outside], sorted[sorted.length - 1 - outside]);
    }

    /** How many of so many values may lie outside on either side; -1 if there are too few. */
    private static int outside(int count) {
        // As a logarithm, since 2^-n of many rounds is no double.
        double logProbability = -count * Math.log(2);
        double tail = Math.exp(logProbability);
        int outside = -1;
        while (2 * tail <= 1 - CONFIDENCE) {
            outside++;
            logProbability += Math.log((double) (count - outside) / (outside + 1));
            tail += Math.exp(logProbability);
        }
        return outside;
    }
}
