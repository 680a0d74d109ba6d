package dev.gossamer.testkit.contract;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Cases;
import dev.gossamer.testkit.Close;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Same seed, same bits: each time, whatever the number of threads. Every backend's default keeps this. */
public abstract class RepeatabilityContract extends BackendContract {

    /** Large enough that a backend which splits work at all splits this. */
    private static final int[] SIZES = {257, 301, 10};

    private static final int BATCH = 100;

    @Test
    void trainsToTheSameBitsOnAnyNumberOfThreads() {
        for (double density : new double[] {1, 0.1}) {
            List<float[]> one = trained(density, 1);
            for (int threads : new int[] {1, 2, 3}) {
                List<float[]> more = trained(density, threads);
                for (int i = 0; i < one.size(); i++) {
                    Close.sameBits(
                            "parameter " + i + " at density " + density + " on " + threads + " threads",
                            more.get(i),
                            one.get(i));
                }
            }
        }
    }

    /** The parameters after three steps; the same seeded numbers each time. */
    private List<float[]> trained(double density, int threads) {
        List<float[]> parameters = new ArrayList<>();
        try (Workspace workspace = checked().workspace(threads)) {
            Cases.check("threads", 1, c -> {
                try (Rig rig = new Rig(workspace, padding())) {
                    EngineMlp engine = new EngineMlp(rig, SIZES);
                    for (int l = 0; l < engine.layers(); l++) {
                        if (density < 1) {
                            rig.workspace().repattern(engine.weights(l), c.random(SIZES[l + 1], SIZES[l], density));
                        }
                        rig.upload(
                                engine.weight(l, Role.THETA),
                                c.values(engine.weights(l).nnz()));
                    }
                    EngineMlp.Session session = engine.new Session(BATCH);
                    rig.upload(session.x(), c.values((long) SIZES[0] * BATCH));
                    int[] labels = c.indices(BATCH, SIZES[SIZES.length - 1]);
                    rig.workspace().upload(MemorySegment.ofArray(labels), BATCH, session.labels);
                    rig.workspace().write(engine.rate, 0.001f);
                    for (int i = 0; i < 3; i++) {
                        session.step(new Sgd(0.9f, false, 0, 0));
                    }
                    for (int l = 0; l < engine.layers(); l++) {
                        parameters.add(rig.read(engine.weight(l, Role.THETA)));
                        parameters.add(rig.read(engine.bias(l, Role.THETA)));
                    }
                    parameters.add(new float[] {rig.read(engine.loss), rig.read(engine.correct)});
                }
            });
        }
        return parameters;
    }

    /** Forward and back through a convolution, batch norm, pool and dropout, and a compressed activation. */
    @Test
    void convolvesToTheSameBitsOnAnyNumberOfThreads() {
        for (double density : new double[] {1, 0.1}) {
            Map<String, float[]> one = convolved(density, 1);
            for (int threads : new int[] {1, 2, 3}) {
                convolved(density, threads)
                        .forEach((what, numbers) -> Close.sameBits(
                                what + " at density " + density + " on " + threads + " threads",
                                numbers,
                                one.getOrDefault(what, new float[0])));
            }
        }
    }

    private Map<String, float[]> convolved(double density, int threads) {
        Map<String, float[]> results = new LinkedHashMap<>();
        try (Workspace workspace = checked().workspace(threads)) {
            Cases.check("convolution on threads", 1, c -> {
                try (Rig rig = new Rig(workspace, padding())) {
                    results.putAll(new Block(c, rig, density).run(c, rig));
                }
            });
        }
        return results;
    }

    /** A block of a convolutional network with the gradients of all that is in it. */
    private static final class Block {
        private final Geometry geometry = new Geometry(8, 12, 12, 17, 3, 3, 1, 1);
        private final Shape in = geometry.inShape(33);
        private final Shape hidden = geometry.outShape(33);
        private final Window window = new Window(3, 3, 2, 1);
        private final Shape pooled = window.output(hidden);
        private final Space weights;
        private final BatchNorm norm;
        private final BatchNorm.Saved saved;

        Block(Case c, Rig rig, double density) {
            int channels = hidden.channels();
            weights = rig.workspace().space(geometry);
            if (density < 1) {
                rig.workspace().repattern(weights, c.random(geometry.rows(), geometry.cols(), density));
            }
            rig.values(weights, Role.THETA, c.values(weights.nnz()));
            norm = new BatchNorm(
                    rig.vector(channels, null, c.values(channels)),
                    rig.vector(channels, null, c.values(channels)),
                    rig.vector(channels, null, new float[channels]),
                    rig.vector(channels, null, new float[channels]),
                    1e-5f,
                    0.1f);
            saved = new BatchNorm.Saved(
                    rig.vector(channels, null, new float[channels]), rig.vector(channels, null, new float[channels]));
        }

        Map<String, float[]> run(Case c, Rig rig) {
            Workspace workspace = rig.workspace();
            NnOps nn = workspace.nn();
            Product product = workspace.product(geometry);
            Values w = workspace.values(weights, Role.THETA);
            Values gw = workspace.values(weights, Role.GRADIENT);
            Values gGamma = workspace.values(norm.gamma().space(), Role.GRADIENT);
            Values gBeta = workspace.values(norm.beta().space(), Role.GRADIENT);
            Mask mask = workspace.mask(hidden);
            Indices chosen = workspace.indices(pooled);
            RandomStream stream = workspace.randomStream();
            SparseTensor some = workspace.sparseTensor(in, in.size() / 5);
            Tensor x = rig.tensor(in, 0, c.values(in.size()));
            Tensor y = rig.tensor(hidden, 0, new float[Math.toIntExact(hidden.size())]);
            Tensor z = rig.tensor(hidden, 0, new float[Math.toIntExact(hidden.size())]);
            Tensor out = rig.tensor(pooled, 0, new float[Math.toIntExact(pooled.size())]);
            Tensor gx = rig.tensor(in, 0, new float[Math.toIntExact(in.size())]);
            Map<String, float[]> results = new LinkedHashMap<>();

            product.forward(w, x, 0, y, Epilogue.NONE);
            nn.batchNorm(y, norm, saved, null, Activation.RELU, mask, z);
            nn.maxPool(z, window, out, chosen);
            nn.dropout(out, 0.3f, stream, 0, 0, out, null);
            results.put("output", rig.read(out));
            nn.maxPoolGradient(chosen, window, out, 0, z, mask);
            results.put("gradient of the pool", rig.read(z));
            nn.batchNormGradient(y, norm, saved, z, 0, z, null, gGamma, gBeta);
            results.put("gradient of the norm", rig.read(z));
            product.inputGradient(w, z, 0, gx, null);
            results.put("gx", rig.read(gx));
            product.weightGradient(x, z, 0, gw);
            results.put("gw", rig.read(gw));
            workspace.select().compress(x, some.capacity(), some);
            product.weightGradient(some, z, 0, gw);
            results.put("gw of the largest", rig.read(gw));
            results.put("gGamma", rig.read(gGamma));
            results.put("gBeta", rig.read(gBeta));
            product.biasGradient(z, 0, gBeta);
            results.put("bias gradient", rig.read(gBeta));
            results.put("running variance", rig.read(norm.runningVariance()));
            return results;
        }
    }
}
