package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.Backend;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Dense times dense on one thread: in the engine's own layout, row-major with packing inside, and the peers'. */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class GemmBenchmark extends OneThreadBenchmark {

    @Param({"128x784", "512x512"})
    public String shape;

    @Param({"32", "512"})
    public int batch;

    @Override
    Contender open(String name, Backend on) {
        SpmmProblem problem = new SpmmProblem(Patterns.uniform(Dims.parse(shape), 1, 7), batch, 42);
        Contender contender = switch (name) {
            case "engine" -> EngineSpmm.dense(on, problem);
            case "engineRowMajor" -> new EngineGemm(on, problem);
            case "oneMkl" -> new OneMkl.Dense(problem);
            case "openBlas" -> new OpenBlas.Dense(problem);
            case "ejml" -> new Ejml.Dense(problem);
            default -> throw unknown(name);
        };
        problem.verify(name, contender);
        problem.denseWork().publish();
        return contender;
    }

    @Benchmark
    public void engine() {
        run();
    }

    @Benchmark
    public void engineRowMajor() {
        run();
    }

    @Benchmark
    public void oneMkl() {
        run();
    }

    @Benchmark
    public void openBlas() {
        run();
    }

    @Benchmark
    public void ejml() {
        run();
    }
}
