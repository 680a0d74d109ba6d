package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Every hot kernel in a process that has done nothing else, and in one that has done everything ({@link MixedUse}). What a
 * kernel loses from {@code nothing} to {@code everything} is what a user's process loses; ten times less is C2's inlining
 * cliff: vectors that became objects, which {@code -prof gc} shows as bytes per run.
 */
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class MixedUseBenchmark extends OneThreadBenchmark {

    /** Long enough that C2 has seen every use, and compiled for all of them. */
    private static final double SECONDS = 4;

    private static final Dims SHAPE = new Dims(128, 784);
    private static final int BATCH = 32;
    private static final double DENSITY = 0.1;

    /** What the process did before: {@code nothing} or {@code everything}. */
    @Param({"nothing", "everything"})
    public String before;

    @Override
    Contender open(String name, Backend on) {
        switch (before) {
            case "nothing" -> {}
            case "everything" -> MixedUse.run(on, SECONDS);
            default -> throw new IllegalArgumentException("before is nothing or everything, not " + before);
        }
        return switch (name) {
            case "spmm" -> product(name, spmm -> EngineSpmm.sparse(on, spmm, Layout.NATIVE), BATCH);
            case "spmmWide" -> product(name, spmm -> EngineSpmm.sparse(on, spmm, Layout.NATIVE), 4 * BATCH);
            case "spmmRowMajor" -> product(name, spmm -> EngineSpmm.sparse(on, spmm, Layout.ROW_MAJOR), BATCH);
            case "spmv" -> product(name, spmm -> EngineSpmm.vector(on, spmm), 1);
            case "gemm" -> product(name, spmm -> EngineSpmm.dense(on, spmm), BATCH);
            case "gemmRowMajor" -> product(name, spmm -> new EngineGemm(on, spmm), BATCH);
            case "spmmTransposed" -> {
                SpmmProblem problem = SpmmProblem.transposed(Patterns.uniform(SHAPE, DENSITY, 7), BATCH, 42);
                yield verified(name, problem, EngineSpmm.sparse(on, problem, Layout.NATIVE));
            }
            case "sddmm" -> {
                SddmmProblem problem = new SddmmProblem(Patterns.uniform(SHAPE, DENSITY, 7), BATCH, 42);
                Contender contender = new EngineSddmm(on, problem);
                problem.verify(name, contender);
                problem.work().publish();
                yield contender;
            }
            case "selection" -> {
                TopKProblem problem = new TopKProblem(1_600_000, DENSITY, 42);
                Contender contender = new EngineTopK(on, problem);
                problem.verify(name, contender);
                problem.work().publish();
                yield contender;
            }
            case "epoch", "denseEpoch" -> {
                StepProblem problem = new StepProblem(name.equals("epoch") ? DENSITY : 1);
                Contender contender = new EngineStep(on, problem);
                problem.verify(name, contender);
                yield contender;
            }
            default -> throw unknown(name);
        };
    }

    private interface Opening {
        Contender open(SpmmProblem problem);
    }

    private static Contender product(String name, Opening opening, int batch) {
        SpmmProblem problem = new SpmmProblem(Patterns.uniform(SHAPE, DENSITY, 7), batch, 42);
        return verified(name, problem, opening.open(problem));
    }

    private static Contender verified(String name, SpmmProblem problem, Contender contender) {
        problem.verify(name, contender);
        problem.work().publish();
        return contender;
    }

    @Benchmark
    public void spmm() {
        run();
    }

    @Benchmark
    public void spmmWide() {
        run();
    }

    @Benchmark
    public void spmmRowMajor() {
        run();
    }

    @Benchmark
    public void spmmTransposed() {
        run();
    }

    @Benchmark
    public void spmv() {
        run();
    }

    @Benchmark
    public void sddmm() {
        run();
    }

    @Benchmark
    public void gemm() {
        run();
    }

    @Benchmark
    public void gemmRowMajor() {
        run();
    }

    @Benchmark
    public void selection() {
        run();
    }

    /** {@link StepProblem#STEPS} training steps. */
    @Benchmark
    public void epoch() {
        run();
    }

    /** The same of the dense model. */
    @Benchmark
    public void denseEpoch() {
        run();
    }
}
