package dev.gossamer.bench.roofline;

import java.util.List;

/**
 * What was measured: the roofs of a roofline plot.
 *
 * @param vectorBits width of the vectors that measured it, the widest of the machine
 * @param threads threads of the figures for all of them
 * @param fmaOne GF/s of multiply-adds in registers, one thread
 * @param fmaAll the same, all threads
 * @param levels from the nearest memory to the farthest
 */
public record Limits(int vectorBits, int threads, double fmaOne, double fmaAll, List<Level> levels) {

    /**
     * A level of memory.
     *
     * @param name {@code L1}, {@code L2}, {@code L3} or {@code DRAM}
     * @param capacity bytes that fit, for one thread; {@link Long#MAX_VALUE} for the last
     * @param readOne GB/s read by one thread
     * @param readAll GB/s read by all threads, each its own data
     */
    public record Level(String name, long capacity, double readOne, double readAll) {}

    public Limits {
        levels = List.copyOf(levels);
        if (levels.isEmpty()) {
            throw new IllegalArgumentException("Limits need a level of memory");
        }
    }

    /** GB/s at which one thread reads data of that size again and again. */
    public double readOne(long bytes) {
        return levels.stream()
                .filter(level -> bytes <= level.capacity())
                .findFirst()
                .orElse(levels.getLast())
                .readOne();
    }

    /**
     * GF/s that one thread can reach at most with work that reads {@code bytesPerFlop} bytes for each FLOP out of data of
     * {@code workingSet} bytes.
     */
    public double boundOne(double bytesPerFlop, long workingSet) {
        return bytesPerFlop == 0 ? fmaOne : Math.min(fmaOne, readOne(workingSet) / bytesPerFlop);
    }
}
