package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Shape;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Layers other than products on one thread, on the activations of a ResNet-18 for CIFAR. An average pool of four by four is
 * that of the whole plane behind its last block.
 */
@Warmup(iterations = 8, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class LayerOpsBenchmark extends OneThreadBenchmark {

    /** Channels, rows and columns of x. */
    @Param({"64x32x32", "128x16x16", "256x8x8", "512x4x4"})
    public String activation;

    @Param("32")
    public int batch;

    @Override
    Contender open(String name, Backend on) {
        int[] sizes =
                Arrays.stream(activation.split("x")).mapToInt(Integer::parseInt).toArray();
        EngineLayerOp layer = EngineLayerOp.verified(name, on, new Shape(sizes[0], sizes[1], sizes[2], batch));
        layer.work().publish();
        return layer;
    }

    @Benchmark
    public void batchNorm() {
        run();
    }

    @Benchmark
    public void batchNormGradient() {
        run();
    }

    @Benchmark
    public void maxPool() {
        run();
    }

    @Benchmark
    public void maxPoolGradient() {
        run();
    }

    @Benchmark
    public void averagePool() {
        run();
    }

    @Benchmark
    public void averagePoolGradient() {
        run();
    }

    @Benchmark
    public void dropout() {
        run();
    }

    @Benchmark
    public void add() {
        run();
    }
}
