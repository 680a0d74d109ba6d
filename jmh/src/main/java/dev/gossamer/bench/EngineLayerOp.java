package dev.gossamer.bench;

import static dev.gossamer.testkit.Numbers.filled;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.testkit.Close;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** A layer that is no product, forward or backward, by its name, on one thread. */
final class EngineLayerOp implements Contender {

    private final Workspace workspace;
    private final Shape shape;
    private final SplittableRandom random = new SplittableRandom(42);
    private final Tensor x;
    private final Runnable op;
    private final double bytes;
    private Tensor y;

    EngineLayerOp(String name, Backend backend, Shape shape) {
        this.workspace = backend.workspace(1);
        this.shape = shape;
        this.x = tensor(shape);
        this.y = tensor(shape);
        NnOps nn = workspace.nn();
        Mask mask = workspace.mask(shape);
        nn.relu(x, y, mask);
        // What an element of x stands for: operands and results, each counted once.
        double elements;
        switch (name) {
            case "batchNorm", "batchNormGradient" -> {
                BatchNorm norm = new BatchNorm(channels(), channels(), channels(), channels(), 1e-5f, 0.1f);
                BatchNorm.Saved saved = new BatchNorm.Saved(channels(), channels());
                Tensor other = tensor(shape);
                Values gGamma = channels();
                Values gBeta = channels();
                boolean forward = name.equals("batchNorm");
                op = forward
                        ? () -> nn.batchNorm(x, norm, saved, other, Activation.RELU, mask, y)
                        : () -> nn.batchNormGradient(x, norm, saved, other, 0, y, mask, gGamma, gBeta);
                elements = 3;
            }
            case "maxPool", "maxPoolGradient" -> {
                Window window = Window.square(2);
                Tensor pooled = tensor(window.output(shape));
                Indices chosen = workspace.indices(pooled.shape());
                nn.maxPool(x, window, pooled, chosen);
                if (name.equals("maxPool")) {
                    y = pooled;
                    op = () -> nn.maxPool(x, window, pooled, chosen);
                } else {
                    op = () -> nn.maxPoolGradient(chosen, window, pooled, 0, y, mask);
                }
                elements = 1 + 0.25 + 0.0625;
            }
            case "averagePool", "averagePoolGradient" -> {
                Window window = Window.square(4);
                Tensor pooled = tensor(window.output(shape));
                if (name.equals("averagePool")) {
                    y = pooled;
                    op = () -> nn.averagePool(x, window, pooled);
                } else {
                    op = () -> nn.averagePoolGradient(window, pooled, 0, y, mask);
                }
                elements = 1 + 0.0625;
            }
            case "dropout" -> {
                RandomStream stream = workspace.randomStream();
                op = () -> nn.dropout(x, 0.5f, stream, 0, 0, y, null);
                elements = 2;
            }
            case "add" -> {
                op = () -> nn.add(x, 0.5f, y, mask);
                elements = 3;
            }
            default -> throw OneThreadBenchmark.unknown(name);
        }
        this.bytes = elements * Float.BYTES * shape.size();
    }

    Work work() {
        return new Work(0, bytes);
    }

    /** Runs the layer once, and on the oracle, and fails unless they agree: numbers of a few units, sums of a few terms. */
    static EngineLayerOp verified(String name, Backend backend, Shape shape) {
        EngineLayerOp layer = new EngineLayerOp(name, backend, shape);
        try (Backend oracle = BackendSetup.oracle();
                EngineLayerOp reference = new EngineLayerOp(name, oracle, shape)) {
            layer.run();
            reference.run();
            float[] want = reference.result();
            Close.check(name, layer.result(), want, filled(want.length, 8), 64);
        }
        return layer;
    }

    private Tensor tensor(Shape of) {
        float[] numbers = new float[Math.toIntExact(of.size())];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        Tensor tensor = workspace.tensor(of, Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(numbers), tensor);
        return tensor;
    }

    private Values channels() {
        Values values = workspace.values(workspace.space(shape.channels()), Role.THETA);
        workspace.upload(MemorySegment.ofArray(filled(shape.channels(), 1)), values);
        return values;
    }

    @Override
    public void run() {
        op.run();
        workspace.sync();
    }

    @Override
    public float[] result() {
        float[] host = new float[Math.toIntExact(y.shape().size())];
        workspace.download(y, MemorySegment.ofArray(host));
        return host;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
