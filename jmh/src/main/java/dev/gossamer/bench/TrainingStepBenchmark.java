package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One training step of {@link StepProblem} on one thread. The numbers are of a step; {@code -prof gc} shows what it allocates
 * (nothing).
 */
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class TrainingStepBenchmark extends OneThreadBenchmark {

    /** Of the weights; 1 is the dense model, without any pattern. */
    @Param({"1", "0.1", "0.05", "0.01"})
    public double density;

    @Override
    Contender open(String name, Backend on) {
        StepProblem problem = new StepProblem(density);
        Contender contender = new EngineStep(on, problem);
        problem.verify(name, contender);
        problem.work().publish();
        return contender;
    }

    @Benchmark
    @OperationsPerInvocation(StepProblem.STEPS)
    public void step() {
        run();
    }
}
