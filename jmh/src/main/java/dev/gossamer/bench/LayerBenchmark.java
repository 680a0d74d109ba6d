package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import java.util.Locale;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * A fully connected layer with bias and ReLU as training runs it, on one thread: forward, and backward with the gradients of
 * weights, biases and inputs. GF/s counts the products.
 */
@SuppressWarnings("NullAway.Init") // JMH sets parameters
public class LayerBenchmark extends OneThreadBenchmark {

    /** Outputs x inputs. */
    @Param({"128x784", "128x128"})
    public String shape;

    /** Of the weights; 1 is the dense layer, without any pattern. */
    @Param({"1", "0.1", "0.05", "0.01"})
    public double density;

    @Param("32")
    public int batch;

    @Override
    Contender open(String name, Backend on) {
        LayerProblem problem = new LayerProblem(Patterns.Dims.parse(shape), density, batch);
        EngineLayer layer = new EngineLayer(on, problem, LayerProblem.Direction.valueOf(name.toUpperCase(Locale.ROOT)));
        problem.verify(name, layer);
        problem.work(layer.direction()).publish();
        return layer;
    }

    @Benchmark
    public void forward() {
        run();
    }

    @Benchmark
    public void backward() {
        run();
    }
}
