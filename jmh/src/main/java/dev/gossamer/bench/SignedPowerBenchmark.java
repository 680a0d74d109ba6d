package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Powerpropagation's weights and its chain rule on one thread, beside {@link Math#pow} in a loop. Bound by bytes. */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class SignedPowerBenchmark extends OneThreadBenchmark {

    /** Parameters: the MLP's, and more than caches hold. */
    @Param({"118282", "15000000"})
    public int count;

    /** Two that square roots or products give, and one that needs logarithm and exponential. */
    @Param({"1.25", "2", "1.3"})
    public float alpha;

    @Override
    Contender open(String name, Backend on) {
        SignedPowerProblem problem = new SignedPowerProblem(count, alpha, name.equals("gradient"), 42);
        Contender contender = name.equals("mathPow") ? new MathPow(problem) : new EngineSignedPower(on, problem);
        problem.verify(name, contender);
        problem.work().publish();
        return contender;
    }

    @Benchmark
    public void engine() {
        run();
    }

    @Benchmark
    public void gradient() {
        run();
    }

    @Benchmark
    public void mathPow() {
        run();
    }

    /** What a plain loop over arrays gives. */
    private static final class MathPow implements Contender {

        private final SignedPowerProblem problem;
        private final float[] weights;

        MathPow(SignedPowerProblem problem) {
            this.problem = problem;
            this.weights = new float[problem.theta.length];
        }

        @Override
        public void run() {
            for (int i = 0; i < weights.length; i++) {
                float theta = problem.theta[i];
                weights[i] = Math.copySign((float) Math.pow(Math.abs(theta), problem.alpha), theta);
            }
        }

        @Override
        public float[] result() {
            return weights;
        }

        @Override
        public void close() {}
    }
}
