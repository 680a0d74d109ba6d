package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
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
    public double density;

    @Param({"32", "128"})
    public int columns;

    @Override
    Contender open(String name, Backend on) {
        SddmmProblem problem = new SddmmProblem(Patterns.uniform(Dims.parse(shape), density, 7), columns, 42);
        return switch (name) {
            case "engine" -> {
                Contender contender = new EngineSddmm(on, problem);
                problem.verify(name, contender, false);
                yield contender;
            }
            case "oneMklDense" -> {
                Contender contender = new OneMkl.Dense(
                        problem.a, problem.b, problem.pattern.rows(), columns, problem.pattern.cols(), true);
                problem.verify(name, contender, true);
                yield contender;
            }
            default -> throw unknown(name);
        };
    }

    @Benchmark
    public void engine() {
        run();
    }

    @Benchmark
    public void oneMklDense() {
        run();
    }
}
