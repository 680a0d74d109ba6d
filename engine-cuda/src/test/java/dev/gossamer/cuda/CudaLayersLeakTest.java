package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.cuda.device.DeviceMemory;
import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.sparse.SparsityPattern;
import org.junit.jupiter.api.Test;

/**
 * As {@link CudaLeakTest}, with every op of a convolutional network: once a step was captured a few times, nothing more is held
 * of the device.
 */
class CudaLayersLeakTest {

    private static final Geometry GEOMETRY = new Geometry(3, 8, 8, 4, 3, 3, 1, 1);
    private static final int BATCH = 20;

    @Test
    void asMuchIsHeldAfterTwentyPatternsAsAfterSix() {
        try (Backend backend = CudaUnderTest.backend()) {
            try (Workspace workspace = backend.workspace(1)) {
                Space weights = workspace.space(GEOMETRY);
                Step step = step(workspace, weights);
                String held = "";
                long used = 0;
                for (int i = 0; i < 20; i++) {
                    // Two patterns take turns, of equal size: what is sorted by input channel comes and goes with them.
                    int turn = i % 2;
                    workspace.repattern(
                            weights,
                            SparsityPattern.fromMask(
                                    GEOMETRY.rows(), GEOMETRY.cols(), (row, col) -> (row + col) % 4 == turn));
                    // Op by op, captured, replayed.
                    step.run();
                    step.run();
                    step.run();
                    workspace.sync();
                    if (i == 5) {
                        held = ((CudaBackend) backend).live().toString();
                        used = DeviceMemory.usedBytes();
                    }
                }
                assertThat(((CudaBackend) backend).live()).hasToString(held);
                assertThat(DeviceMemory.usedBytes())
                        .as("bytes in use on the device")
                        .isEqualTo(used);
            }
            CudaUnderTest.assertNothingHeld(backend);
        }
    }

    private static Step step(Workspace workspace, Space weights) {
        Shape in = GEOMETRY.inShape(BATCH);
        Shape out = GEOMETRY.outShape(BATCH);
        Window window = Window.square(2);
        // A view, so that rows have padding, which compress has to leave out.
        Tensor x = workspace.view(workspace.tensor(in.withBatch(BATCH + 1), Layout.NATIVE), BATCH);
        Tensor gx = workspace.tensor(in, Layout.NATIVE);
        Tensor h = workspace.tensor(out, Layout.NATIVE);
        Tensor n = workspace.tensor(out, Layout.NATIVE);
        Tensor pooled = workspace.tensor(window.output(out), Layout.NATIVE);
        Mask mask = workspace.mask(out);
        Indices chosen = workspace.indices(pooled.shape());
        RandomStream stream = workspace.randomStream();
        SparseTensor some = workspace.sparseTensor(in, in.size() / 3);
        Product product = workspace.product(GEOMETRY);
        Values theta = workspace.values(weights, Role.THETA);
        Values gradient = workspace.values(weights, Role.GRADIENT);
        BatchNorm norm =
                new BatchNorm(vector(workspace), vector(workspace), vector(workspace), vector(workspace), 1, 1);
        BatchNorm.Saved saved = new BatchNorm.Saved(vector(workspace), vector(workspace));
        Values gGamma = vector(workspace);
        Values gBeta = vector(workspace);
        NnOps nn = workspace.nn();
        return workspace.record(() -> {
            workspace.select().compress(x, some.capacity(), some);
            product.forward(theta, x, 0, h, Epilogue.NONE);
            nn.batchNorm(h, norm, saved, null, Activation.RELU, mask, n);
            nn.maxPool(n, window, pooled, chosen);
            nn.dropout(pooled, 0.5f, stream, 1, 0, pooled, null);
            nn.maxPoolGradient(chosen, window, pooled, 0, n, mask);
            nn.averagePool(h, window, pooled);
            nn.averagePoolGradient(window, pooled, 1, n, mask);
            nn.batchNormGradient(h, norm, saved, n, 0, n, null, gGamma, gBeta);
            product.weightGradient(some, n, 0, gradient);
            product.weightGradient(x, n, 1, gradient);
            product.inputGradient(theta, n, 0, gx, null);
            nn.add(x, 1, gx, null);
            nn.batchNormInference(h, norm, null, Activation.IDENTITY, h);
            nn.advance(stream);
        });
    }

    private static Values vector(Workspace workspace) {
        return workspace.values(workspace.space(GEOMETRY.outChannels()), Role.THETA);
    }
}
