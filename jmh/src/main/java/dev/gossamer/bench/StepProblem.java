package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * An epoch of training steps of the MLP 784-128-128-10 at batch 32: batch, forward, loss, backward, update, plain SGD. Its
 * answer is the parameters that the oracle's epoch leaves.
 */
final class StepProblem {

    static final int BATCH = 32;
    static final int STEPS = 32;
    static final int SAMPLES = BATCH * STEPS;
    static final int FEATURES = 784;
    static final int CLASSES = 10;
    static final float RATE = 0.02f;
    static final List<Integer> WIDTHS = List.of(FEATURES, 128, 128, CLASSES);

    /** {@code SAMPLES x FEATURES} pixels. */
    final byte[] images = new byte[SAMPLES * FEATURES];

    final byte[] labels = new byte[SAMPLES];
    final ModelSpec spec = Models.mlp(FEATURES, 128, 128, CLASSES);
    final ModelState initial;
    final double density;

    /** What the oracle leaves, once somebody asked. */
    private float @Nullable [] exact;

    /** With random entries of the weight matrices left and whole biases; the dense model at density 1. */
    StepProblem(double density) {
        this.density = density;
        SplittableRandom random = new SplittableRandom(11);
        random.nextBytes(images);
        for (int i = 0; i < SAMPLES; i++) {
            labels[i] = (byte) random.nextInt(CLASSES);
        }
        ModelState dense = spec.initial(3);
        this.initial = density == 1
                ? dense
                : new ModelState(dense.tensors().stream().map(this::pruned).toList());
    }

    private TensorState pruned(TensorState tensor) {
        int[] shape = tensor.shape();
        if (shape.length == 1) {
            return tensor;
        }
        Patterns.Dims dims = new Patterns.Dims(tensor.rows(), tensor.cols());
        float[] whole = tensor.values();
        SparsityPattern pattern = Patterns.uniform(dims, density, 7);
        float[] values = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((row, col, position) -> values[position] = whole[row * dims.cols() + col]);
        return TensorState.sparse(tensor.name(), shape, pattern, values);
    }

    /** All initial parameters in the model's order, the values of each in canonical order. */
    float[] parameters() {
        return flat(initial);
    }

    static float[] flat(ModelState state) {
        float[] all = new float[Math.toIntExact(state.nnz())];
        int next = 0;
        for (TensorState tensor : state.tensors()) {
            float[] values = tensor.values();
            System.arraycopy(values, 0, all, next, values.length);
            next += values.length;
        }
        return all;
    }

    /**
     * A product of a step.
     *
     * @param operandRows rows of the dense operand that is read for each weight
     */
    record Product(double flops, int operandRows) {}

    /** Of one step: forward, weight gradient and, but for the first layer, input gradient. */
    List<Product> products() {
        List<Product> products = new ArrayList<>();
        for (int layer = 1; layer < WIDTHS.size(); layer++) {
            int in = WIDTHS.get(layer - 1);
            int out = WIDTHS.get(layer);
            double flops = 2.0 * BATCH * density * in * out;
            products.add(new Product(flops, in));
            products.add(new Product(flops, in));
            if (layer > 1) {
                products.add(new Product(flops, out));
            }
        }
        return products;
    }

    /** Of one step's products. */
    Work work() {
        return new Work(products().stream().mapToDouble(Product::flops).sum(), 0);
    }

    /**
     * Runs the contender once, which has to be its first epoch, and fails unless it leaves the right parameters.
     *
     * @throws AssertionError naming the first one that is wrong
     */
    void verify(String who, Contender contender) {
        contender.run();
        float[] got = contender.result();
        float[] want = exact();
        if (got.length != want.length) {
            throw new AssertionError(who + ": " + got.length + " parameters, want " + want.length);
        }
        for (int k = 0; k < want.length; k++) {
            // Rounding stays far below this in 32 small updates; a wrong gradient does not.
            if (!(Math.abs(got[k] - want[k]) <= 1e-4)) {
                throw new AssertionError(
                        who + ": parameter " + k + " after " + STEPS + " steps: got " + got[k] + ", want " + want[k]);
            }
        }
    }

    private float[] exact() {
        if (exact == null) {
            try (Backend oracle = BackendSetup.oracle();
                    EngineStep epoch = new EngineStep(oracle, this)) {
                epoch.run();
                exact = epoch.result();
            }
        }
        return exact;
    }
}
