package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.Backend;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Dense times dense on one thread: row-major with packing inside, in the engine's own layout, and oneMKL's. */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class GemmBenchmark extends OneThreadBenchmark {

    @Param({"128x784", "512x512"})
    public String shape;

    @Param({"32", "512"})
    public int columns;

    @Override
    Contender open(String name, Backend on) {
        SpmmProblem problem = new SpmmProblem(Patterns.uniform(Dims.parse(shape), 1, 7), columns, 42);
        Contender contender = switch (name) {
            case "engineGemm" -> new EngineGemm(on, problem);
            case "engineDense" -> EngineSpmm.dense(on, problem);
            case "oneMklDense" -> new OneMkl.Dense(problem);
            default -> throw unknown(name);
        };
        problem.verify(name, contender);
        return contender;
    }

    @Benchmark
    public void engineGemm() {
        run();
    }

    @Benchmark
    public void engineDense() {
        run();
    }

    @Benchmark
    public void oneMklDense() {
        run();
    }
}
