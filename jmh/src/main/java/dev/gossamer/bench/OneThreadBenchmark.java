package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import java.util.concurrent.TimeUnit;
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

/**
 * What the benchmarks of products share: a backend, and a contender per benchmark method, named as the method. Each fork sets
 * up the one contender that it times, whose answer is compared with a double-precision loop before that.
 */
@State(Scope.Thread)
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
@SuppressWarnings("NullAway.Init") // JMH sets parameters and calls the set-up
public abstract class OneThreadBenchmark {

    /** A backend's name; the main class puts in what {@code gossamer.backend} says. */
    @Param("auto")
    public String backend;

    private Backend opened;
    private Contender contender;

    /** The verified contender of a name, on the backend if it is one of ours. */
    abstract Contender open(String name, Backend on);

    @Setup(Level.Trial)
    public void setUp(BenchmarkParams params) {
        String benchmark = params.getBenchmark();
        opened = BackendSetup.open(backend);
        contender = open(benchmark.substring(benchmark.lastIndexOf('.') + 1), opened);
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        contender.close();
        opened.close();
    }

    final void run() {
        contender.run();
    }

    static IllegalArgumentException unknown(String name) {
        return new IllegalArgumentException("No contender for " + name);
    }
}
