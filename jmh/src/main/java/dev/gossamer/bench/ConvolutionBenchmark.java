package dev.gossamer.bench;

import dev.gossamer.bench.ConvProblem.Direction;
import dev.gossamer.engine.Backend;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** A 3x3 convolution and its gradients, on one thread. GF/s counts every entry at every position of the plane. */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class ConvolutionBenchmark extends OneThreadBenchmark {

    /** Channels x rows and columns of the plane x batch. */
    @Param({"64x32x32", "128x16x32", "256x8x32", "512x4x32", "512x2x128"})
    public String layer;

    /** Of the weights; 1 is the dense layer, without any pattern. */
    @Param({"1", "0.1", "0.05", "0.01"})
    public double density;

    @Override
    Contender open(String name, Backend on) {
        ConvProblem problem = new ConvProblem(ConvProblem.Size.parse(layer), density);
        Direction direction = switch (name) {
            case "forward" -> Direction.FORWARD;
            case "inputGradient" -> Direction.INPUT_GRADIENT;
            case "weightGradient" -> Direction.WEIGHT_GRADIENT;
            default -> throw unknown(name);
        };
        Contender contender = new EngineConv(on, problem, direction);
        problem.verify(name, contender, direction);
        problem.work().publish();
        return contender;
    }

    @Benchmark
    public void forward() {
        run();
    }

    @Benchmark
    public void inputGradient() {
        run();
    }

    @Benchmark
    public void weightGradient() {
        run();
    }
}
