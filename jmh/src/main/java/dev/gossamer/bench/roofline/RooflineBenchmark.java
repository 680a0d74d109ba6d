package dev.gossamer.bench.roofline;

import dev.gossamer.bench.results.Rates;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/** The limits as JMH measures them, in the secondary results GF/s and GB/s; {@code -t max} for all cores together. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 150, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"
        })
public class RooflineBenchmark {

    private static final int STEPS = 10_000;

    /** What each thread reads. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets parameters and calls the set-up
    public static class Data {

        @Param({"L1", "L2", "L3", "DRAM"})
        public String memory;

        private Arena arena;
        private MemorySegment segment;

        @Setup(Level.Trial)
        public void setUp(BenchmarkParams params) {
            Roofline.Spot spot = Roofline.spots(Caches.ofThisMachine()).stream()
                    .filter(candidate -> candidate.level().equals(memory))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("This machine has no " + memory));
            arena = Arena.ofConfined();
            // All threads' data together has to fit into a level that they share.
            segment = arena.allocate(spot.bytes(params.getThreads()), 64).fill((byte) 1);
            Rates.publish(0, ReadKernel.bytesRead(segment));
        }

        @TearDown(Level.Trial)
        public void tearDown() {
            arena.close();
        }
    }

    /** What a run of the multiply-adds does. */
    @State(Scope.Benchmark)
    public static class Steps {

        @Setup(Level.Trial)
        public void setUp() {
            Rates.publish(STEPS * FmaKernel.flops(), 0);
        }
    }

    @Benchmark
    public float fma(Steps steps) {
        return FmaKernel.run(STEPS);
    }

    @Benchmark
    public float read(Data data) {
        return ReadKernel.run(data.segment, 1);
    }
}
