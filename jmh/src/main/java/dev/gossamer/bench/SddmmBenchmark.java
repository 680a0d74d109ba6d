package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Sampled dense-dense product on one thread, in the engine's layout. oneMKL has none; its dense product, which computes every
 * entry, is what a program without one would call.
 */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class SddmmBenchmark extends OneThreadBenchmark {

    @Param({"128x784", "512x512"})
    public String shape;

    @Param({"0.1", "0.02"})
    public String density;

    /** Terms of each sum. */
    @Param({"32", "128"})
    public int batch;

    @Override
    Contender open(String name, Backend on) {
        SddmmProblem problem = new SddmmProblem(Patterns.of(shape, density), batch, 42);
        boolean dense = name.equals("oneMkl");
        Contender contender = dense ? new OneMkl.Dense(problem) : new EngineSddmm(on, problem);
        problem.verify(name, contender, dense);
        problem.work().publish();
        return contender;
    }

    @Benchmark
    public void engine() {
        run();
    }

    @Benchmark
    public void oneMkl() {
        run();
    }
}
