package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Sparse times dense on one thread: the engine with the dense operand in its own layout and row-major, the engine's dense
 * product, oneMKL's sparse and dense products.
 *
 * <p>Shapes worth asking for by {@code -p shape=}: the MLP's 128x784, 128x128, 10x128; of DLMC's ResNet-50 1024x512,
 * 512x2048, 512x4608, 2048x512. Columns: 32, 64, 128, 256, 1024.
 */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class SpmmBenchmark extends OneThreadBenchmark {

    @Param({"128x784", "512x512"})
    public String shape;

    @Param({"0.1", "0.05"})
    public double density;

    @Param({"32", "128"})
    public int columns;

    @Override
    Contender open(String name, Backend on) {
        SpmmProblem problem = new SpmmProblem(Patterns.uniform(Dims.parse(shape), density, 7), columns, 42);
        Contender contender = switch (name) {
            case "engine" -> EngineSpmm.sparse(on, problem, Layout.NATIVE);
            case "engineRowMajor" -> EngineSpmm.sparse(on, problem, Layout.ROW_MAJOR);
            case "engineDense" -> EngineSpmm.dense(on, problem);
            case "oneMklSparse" -> new OneMkl.Sparse(problem);
            case "oneMklDense" -> new OneMkl.Dense(problem);
            default -> throw unknown(name);
        };
        problem.verify(name, contender);
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
    public void engineDense() {
        run();
    }

    @Benchmark
    public void oneMklSparse() {
        run();
    }

    @Benchmark
    public void oneMklDense() {
        run();
    }
}
