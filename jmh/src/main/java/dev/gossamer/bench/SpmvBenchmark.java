package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Sparse times vector on one thread, beside oneMKL's and EJML's. */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class SpmvBenchmark extends OneThreadBenchmark {

    @Param({"128x784", "1024x1024"})
    public String shape;

    @Param({"0.1", "0.02"})
    public String density;

    @Override
    Contender open(String name, Backend on) {
        SpmmProblem problem = new SpmmProblem(Patterns.of(shape, density), 1, 42);
        Contender contender = switch (name) {
            case "engine" -> EngineSpmm.vector(on, problem);
            case "oneMkl" -> new OneMkl.Sparse(problem);
            case "ejml" -> new Ejml.Sparse(problem);
            default -> throw unknown(name);
        };
        problem.verify(name, contender);
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

    @Benchmark
    public void ejml() {
        run();
    }
}
