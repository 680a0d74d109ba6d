package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The exact threshold of the largest magnitudes, on one thread: what pruning asks for once a round. */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class TopKBenchmark extends OneThreadBenchmark {

    /** Numbers to look through. */
    @Param({"118282", "1600000", "15000000"})
    public int count;

    /** Part of them above the threshold. */
    @Param({"0.1", "0.01"})
    public double density;

    @Override
    Contender open(String name, Backend on) {
        TopKProblem problem = new TopKProblem(count, density, 42);
        Contender contender = new EngineTopK(on, problem);
        problem.verify(name, contender);
        problem.work().publish();
        return contender;
    }

    @Benchmark
    public void engine() {
        run();
    }
}
