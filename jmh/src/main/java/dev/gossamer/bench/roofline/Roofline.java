package dev.gossamer.bench.roofline;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;

/** Measures {@link Limits}: the best of some slices, as whatever disturbs makes a limit lower and nothing makes it higher. */
public final class Roofline {

    private static final int SLICES = 7;
    private static final int ALIGNMENT = 64;
    private static final long MOST_BYTES = 1L << 30;

    /** Where results go that nobody reads. */
    private static volatile float sink;

    private final double sliceNanos;
    private final double warmUpNanos;
    private final int threads;

    private Roofline(double sliceNanos, int threads) {
        this.sliceNanos = sliceNanos;
        this.warmUpNanos = 10 * sliceNanos;
        this.threads = threads;
    }

    /**
     * Data to read, and the level of memory where it lies.
     *
     * @param capacity bytes that fit there
     * @param bytes of one thread's data
     * @param sharedBytes of all threads' data together; {@link Long#MAX_VALUE} where each has the level for itself
     */
    record Spot(String level, long capacity, long bytes, long sharedBytes) {

        long bytes(int threads) {
            return Math.max(ReadKernel.STRIDE, Math.min(bytes, sharedBytes / threads));
        }
    }

    /**
     * Measures this machine, which takes about 600 slices.
     *
     * @param sliceNanos length of one slice
     */
    public static Limits measure(double sliceNanos) {
        return new Roofline(sliceNanos, Runtime.getRuntime().availableProcessors()).measure();
    }

    private Limits measure() {
        compile();
        IntFunction<Work> fma = thread -> steps -> {
            sink = FmaKernel.run(steps * 1_000);
            return steps * 1_000 * FmaKernel.flops();
        };
        double fmaOne = best(1, fma);
        double fmaAll = threads == 1 ? fmaOne : best(threads, fma);
        List<Limits.Level> levels = new ArrayList<>();
        for (Spot spot : spots(Caches.ofThisMachine())) {
            double one = read(1, spot);
            levels.add(new Limits.Level(spot.level, spot.capacity, one, threads == 1 ? one : read(threads, spot)));
        }
        return new Limits(FmaKernel.vectorBits(), threads, fmaOne, fmaAll, levels);
    }

    /** Half a level, so that it holds the data surely; of L3 four times L2, as its whole is rarely one program's own. */
    static List<Spot> spots(Caches caches) {
        List<Spot> spots = new ArrayList<>();
        spots.add(new Spot("L1", caches.l1(), caches.l1() / 2, Long.MAX_VALUE));
        spots.add(new Spot("L2", caches.l2(), caches.l2() / 2, Long.MAX_VALUE));
        if (caches.l3() > caches.l2()) {
            spots.add(new Spot("L3", caches.l3(), Math.min(4 * caches.l2(), caches.l3() / 2), caches.l3() / 2));
        }
        long beyond = Math.min(MOST_BYTES, 4 * Math.max(caches.l3(), caches.l2()));
        spots.add(new Spot("DRAM", Long.MAX_VALUE, beyond, 2 * beyond));
        return spots;
    }

    /** Something to do {@code runs} times; returns how much it did. */
    private interface Work {
        double run(int runs);
    }

    /** C2 takes most of a second for a kernel, far longer than what warms up caches; until then rates are a thousandth. */
    private void compile() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment data = arena.allocate(8L * ReadKernel.STRIDE, ALIGNMENT);
            long start = System.nanoTime();
            while (System.nanoTime() - start < 150 * sliceNanos) {
                sink = FmaKernel.run(100);
                sink = ReadKernel.run(data, 100);
            }
        }
    }

    private double read(int count, Spot spot) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment[] data = new MemorySegment[count];
            // Filled, as pages that were never written are all one page of zeros.
            Arrays.setAll(
                    data, i -> arena.allocate(spot.bytes(count), ALIGNMENT).fill((byte) 1));
            return best(count, thread -> passes -> {
                sink = ReadKernel.run(data[thread], passes);
                return (double) passes * ReadKernel.bytesRead(data[thread]);
            });
        }
    }

    /** The most that was done in a nanosecond by that many threads at once. */
    private double best(int count, IntFunction<Work> workOf) {
        CyclicBarrier start = new CyclicBarrier(count);
        double[][] rates = new double[count][];
        List<Thread> running = new ArrayList<>();
        for (int i = 1; i < count; i++) {
            int thread = i;
            running.add(Thread.ofPlatform().daemon().start(() -> rates[thread] = slices(workOf.apply(thread), start)));
        }
        rates[0] = slices(workOf.apply(0), start);
        for (Thread thread : running) {
            join(thread);
        }
        IntToDoubleFunction together =
                slice -> Arrays.stream(rates).mapToDouble(rate -> rate[slice]).sum();
        double best = 0;
        for (int slice = 0; slice < SLICES; slice++) {
            best = Math.max(best, together.applyAsDouble(slice));
        }
        return best;
    }

    private double[] slices(Work work, CyclicBarrier start) {
        long begin = System.nanoTime();
        int runs = 1;
        double quickest = Double.MAX_VALUE;
        while (System.nanoTime() - begin < warmUpNanos) {
            long before = System.nanoTime();
            work.run(runs);
            double took = Math.max(1, System.nanoTime() - before);
            quickest = Math.min(quickest, took / runs);
            runs = took < sliceNanos / 2 ? 2 * runs : runs;
        }
        int perSlice = (int) Math.max(1, sliceNanos / quickest);
        double[] rates = new double[SLICES];
        for (int slice = 0; slice < SLICES; slice++) {
            await(start);
            long before = System.nanoTime();
            double done = work.run(perSlice);
            rates[slice] = done / Math.max(1, System.nanoTime() - before);
        }
        return rates;
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException("Measuring the limits was interrupted", e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("Measuring the limits was interrupted", e);
        }
    }
}
