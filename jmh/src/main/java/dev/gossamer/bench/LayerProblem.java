package dev.gossamer.bench;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.testkit.Close;
import java.util.Arrays;
import java.util.List;

/** A fully connected layer {@code y = ReLU(W·x + b)}, and its gradients from one of y, by double-precision loops. */
final class LayerProblem {

    /** What of the layer is computed. */
    enum Direction {
        /** y. */
        FORWARD,
        /** The gradients of W on its pattern, of b and of x, in this order. */
        BACKWARD
    }

    final ModelSpec spec;
    final ModelState parameters;
    /** {@code inputs x batch}, row-major. */
    final float[] x;
    /** {@code outputs x batch}, row-major. */
    final float[] gy;

    final int batch;
    private final double density;
    private final int inputs;
    private final int outputs;
    private final SparsityPattern pattern;
    private final float[] weights;
    private final float[] bias;

    /** With random entries of W; a dense layer, without any pattern, at density 1. */
    LayerProblem(Patterns.Dims dims, double density, int batch) {
        this.inputs = dims.cols();
        this.outputs = dims.rows();
        this.batch = batch;
        this.density = density;
        this.pattern = Patterns.uniform(dims, density, 7);
        this.weights = Patterns.numbers(Math.toIntExact(pattern.nnz()), 3);
        this.bias = Patterns.numbers(outputs, 4);
        this.x = Patterns.numbers(Math.multiplyExact(inputs, batch), 5);
        this.gy = Patterns.numbers(Math.multiplyExact(outputs, batch), 6);
        this.spec =
                new ModelSpec("layer", Shape.of(inputs, 1), List.of(new LinearSpec("fc1", outputs, Activation.RELU)));
        int[] shape = {outputs, inputs};
        this.parameters = new ModelState(List.of(
                density == 1
                        ? TensorState.dense("fc1.weight", shape, weights)
                        : TensorState.sparse("fc1.weight", shape, pattern, weights),
                TensorState.dense("fc1.bias", new int[] {outputs}, bias)));
    }

    /** Of the products alone: one forward, two backward, each with operands and results of its own. */
    Work work(Direction direction) {
        double product = 2.0 * pattern.nnz() * batch;
        double moved = Work.weightBytes(pattern.nnz(), density) + 4.0 * batch * (inputs + outputs);
        return direction == Direction.FORWARD ? new Work(product, moved) : new Work(2 * product, 2 * moved);
    }

    /** Runs the contender once and fails unless its answer is right. */
    void verify(String who, EngineLayer layer) {
        layer.run();
        if (layer.direction() == Direction.FORWARD) {
            Sums y = new Sums(outputs * batch);
            pattern.forEach((row, col, p) -> y.addRow(row, weights[p], x, col));
            for (int i = 0; i < outputs * batch; i++) {
                y.add(i, bias[i / batch]);
                // ReLU brings two numbers no further apart than they were.
                y.sums[i] = Math.max(0, y.sums[i]);
            }
            y.check(who, layer.result(), 0, inputs + 2L);
        } else {
            verifyGradients(who, layer.result());
        }
    }

    private void verifyGradients(String who, float[] got) {
        Sums gw = new Sums(weights.length);
        Sums gb = new Sums(outputs);
        Sums gx = new Sums(inputs * batch);
        pattern.forEach((row, col, p) -> {
            for (int n = 0; n < batch; n++) {
                gw.add(p, (double) gy[row * batch + n] * x[col * batch + n]);
            }
            gx.addRow(col, weights[p], gy, row);
        });
        for (int i = 0; i < gy.length; i++) {
            gb.add(i / batch, gy[i]);
        }
        gw.check(who + ", gradient of weights", got, 0, batch + 1L);
        gb.check(who + ", gradient of biases", got, weights.length, batch + 1L);
        gx.check(who + ", gradient of inputs", got, weights.length + outputs, outputs + 1L);
    }

    /** Sums, and the sums of the terms' magnitudes. */
    private final class Sums {

        private final double[] sums;
        private final double[] magnitudes;

        Sums(int size) {
            this.sums = new double[size];
            this.magnitudes = new double[size];
        }

        void add(int to, double term) {
            sums[to] += term;
            magnitudes[to] += Math.abs(term);
        }

        /** A row of a matrix with {@code batch} columns, times a number, to a row of this one. */
        void addRow(int to, double factor, float[] from, int row) {
            for (int n = 0; n < batch; n++) {
                add(to * batch + n, factor * from[row * batch + n]);
            }
        }

        void check(String what, float[] got, int offset, long terms) {
            int size = sums.length;
            float[] part = Arrays.copyOfRange(got, offset, offset + size);
            float[] want = new float[size];
            float[] bounds = new float[size];
            for (int i = 0; i < size; i++) {
                want[i] = (float) sums[i];
                bounds[i] = (float) magnitudes[i];
            }
            Close.check(what, part, want, bounds, terms);
        }
    }
}
