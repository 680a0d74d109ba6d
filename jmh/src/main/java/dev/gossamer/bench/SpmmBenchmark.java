package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.sparse.SparsityPattern;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * Sparse times dense on one thread: the engine with the dense operand in its own layout and row-major, and the peers. The same
 * product in the format {@code dense} multiplies the zeros too.
 *
 * <p>Shapes worth asking for by {@code -p shape=}: the MLP's 128x784, 128x128, 10x128; of DLMC's ResNet-50 1024x512,
 * 512x2048, 512x4608, 2048x512. Batches: 32, 64, 128, 256, 1024.
 */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class SpmmBenchmark extends OneThreadBenchmark {

    /** How the sparse matrix is stored: {@code csr} or {@code dense}. */
    @Param({"csr", "dense"})
    public String format;

    @Param({"128x784", "512x512"})
    public String shape;

    @Param({"0.1", "0.05"})
    public String density;

    /** Columns of the dense operand. */
    @Param({"32", "128"})
    public int batch;

    @Override
    Contender open(String name, Backend on) {
        SpmmProblem problem = problem(Patterns.of(shape, density));
        boolean dense = Patterns.isDense(format);
        Contender contender = switch (name) {
            case "engine" -> dense ? EngineSpmm.dense(on, problem) : EngineSpmm.sparse(on, problem, Layout.NATIVE);
            case "engineRowMajor" ->
                dense ? new EngineGemm(on, problem) : EngineSpmm.sparse(on, problem, Layout.ROW_MAJOR);
            case "oneMkl" -> dense ? new OneMkl.Dense(problem) : new OneMkl.Sparse(problem);
            case "ejml" -> dense ? new Ejml.Dense(problem) : new Ejml.Sparse(problem);
            default -> throw unknown(name);
        };
        problem.verify(name, contender);
        problem.work().publish();
        return contender;
    }

    SpmmProblem problem(SparsityPattern pattern) {
        return new SpmmProblem(pattern, batch, 42);
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
    public void ejml() {
        run();
    }
}
