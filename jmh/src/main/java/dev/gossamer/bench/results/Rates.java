package dev.gossamer.bench.results;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Adds GF/s and GB/s to the results of benchmarks in average-time mode, all threads together. A benchmark publishes in its
 * set-up what one operation does; dense contenders of sparse work publish the sparse work, which is what they get done.
 */
public final class Rates implements InternalProfiler {

    /** Names of the secondary results. */
    public static final String FLOPS = "GF/s";

    public static final String BYTES = "GB/s";

    /** The one unit of which less is better. */
    public static final String ALLOCATED = "B/step";

    /** Of this JVM's one benchmark: JMH makes the profiler, the benchmark knows the work, and they share nothing else. */
    private static volatile Work work = new Work(0, 0);

    private record Work(double flops, double bytes) {}

    /**
     * What one operation does.
     *
     * @param flops floating-point operations, or 0
     * @param bytes of operands and results, each counted once: the least that has to be moved; or 0
     */
    public static void publish(double flops, double bytes) {
        work = new Work(flops, bytes);
    }

    @Override
    public String getDescription() {
        return "GF/s and GB/s";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {}

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        if (benchmark.getMode() != Mode.AverageTime) {
            return List.of();
        }
        double nanos =
                result.getPrimaryResult().getScore() * benchmark.getTimeUnit().toNanos(1) / benchmark.getThreads();
        Work done = work;
        List<ScalarResult> rates = new ArrayList<>();
        if (done.flops > 0) {
            rates.add(new ScalarResult(FLOPS, done.flops / nanos, FLOPS, AggregationPolicy.AVG));
        }
        if (done.bytes > 0) {
            rates.add(new ScalarResult(BYTES, done.bytes / nanos, BYTES, AggregationPolicy.AVG));
        }
        return rates;
    }
}
