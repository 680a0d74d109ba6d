package dev.gossamer.bench;

import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.DropoutSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.SplittableRandom;

/**
 * A model and one batch of random images: trained on with plain SGD, again and again, or classified. A training's
 * answer is the losses of its first steps, each before its update, so that the second tells of gradients too; that of
 * inference is the loss.
 *
 * <p>Dropout is left out: what it draws differs from engine to engine.
 */
final class ModelProblem {

    /** Steps whose losses are the answer. */
    static final int LOSSES = 2;

    /** Rounding of some twenty layers, relative; a wrong gradient is past it. */
    private static final double TOLERANCE = 5e-4;

    /**
     * What a model is given.
     *
     * @param model name in {@link Models}
     * @param plane rows and columns of the images, which are grey for the MLP and have three channels for the others
     */
    record Size(String model, int plane, int batch, int classes) {

        /**
         * On images as those of the data set that the model is published for.
         *
         * @param model {@code mlp}, {@code cnn}, {@code resnet18} or {@code vgg16}
         */
        static Size published(String model, int batch) {
            return switch (model) {
                case "mlp" -> new Size("mlp", 28, batch, 10);
                case "cnn" -> new Size("cnn-cifar10", 32, batch, 10);
                case "resnet18" -> new Size("resnet18", 32, batch, 10);
                case "vgg16" -> new Size("vgg16", 32, batch, 100);
                default -> throw new IllegalArgumentException("no model " + model);
            };
        }

        int channels() {
            return model.equals("mlp") ? 1 : 3;
        }

        /** A step of it changes the loss by more than rounding does. */
        float rate() {
            return model.equals("mlp") ? StepProblem.RATE : 0.001f;
        }

        String text() {
            return model + ", b" + batch;
        }
    }

    final Size size;
    final double density;
    final ModelSpec spec;
    final ModelState initial;
    /** {@code [batch, channels, plane, plane]} pixels. */
    final byte[] images;

    final byte[] labels;
    final PixelTransform transform;

    /** With random entries of the weights left and whole vectors; the dense model at density 1. */
    ModelProblem(Size size, double density) {
        this.size = size;
        this.density = density;
        ModelSpec whole = Models.named(size.model, one(), size.classes);
        this.spec = new ModelSpec(
                whole.name(),
                whole.input(),
                whole.layers().stream()
                        .filter(layer -> !(layer instanceof DropoutSpec))
                        .toList(),
                whole.initializer());
        SplittableRandom random = new SplittableRandom(11);
        this.images = new byte[size.batch * one().features()];
        random.nextBytes(images);
        this.labels = new byte[size.batch];
        for (int i = 0; i < size.batch; i++) {
            labels[i] = (byte) random.nextInt(size.classes);
        }
        this.transform = new PixelTransform(
                Collections.nCopies(size.channels(), 1f / 255), Collections.nCopies(size.channels(), 0f));
        this.initial = pruned(spec.initial(3), density);
    }

    private Shape one() {
        return new Shape(size.channels(), size.plane, size.plane, 1);
    }

    /**
     * Random entries of the weights and whole vectors; the model itself at density 1. Weights that are left grow, as
     * activations would fade away from layer to layer otherwise, and with them what is verified.
     */
    static ModelState pruned(ModelState dense, double density) {
        return density == 1
                ? dense
                : new ModelState(dense.tensors().stream()
                        .map(tensor -> pruned(tensor, density))
                        .toList());
    }

    private static TensorState pruned(TensorState tensor, double density) {
        if (tensor.shape().length == 1) {
            return tensor;
        }
        Patterns.Dims dims = new Patterns.Dims(tensor.rows(), tensor.cols());
        float[] whole = tensor.values();
        float growth = (float) (1 / Math.sqrt(density));
        SparsityPattern pattern = Patterns.uniform(dims, density, 7);
        float[] values = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((row, col, position) -> values[position] = growth * whole[row * dims.cols() + col]);
        return TensorState.sparse(tensor.name(), tensor.shape(), pattern, values);
    }

    /** All parameters and statistics in the model's order, zeros included. */
    float[] parameters() {
        return whole(initial);
    }

    /** The same of any model. */
    static float[] whole(ModelState state) {
        float[] all = new float
                [Math.toIntExact(
                        state.tensors().stream().mapToLong(TensorState::size).sum())];
        int next = 0;
        for (TensorState tensor : state.tensors()) {
            float[] values = tensor.toDense();
            System.arraycopy(values, 0, all, next, values.length);
            next += values.length;
        }
        return all;
    }

    /** The batch, which lies in the arena. */
    Samples samples(Workspace workspace, Arena arena) {
        return workspace.samples(segment(images, arena), segment(labels, arena), one(), size.batch);
    }

    private static MemorySegment segment(byte[] bytes, Arena arena) {
        return arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
    }

    /**
     * Fails unless both have the same losses.
     *
     * @throws AssertionError naming the first one that differs
     */
    static void agree(String who, float[] got, float[] want) {
        if (got.length != want.length) {
            throw new AssertionError(who + ": " + got.length + " losses, want " + want.length);
        }
        for (int i = 0; i < want.length; i++) {
            if (!(Math.abs(got[i] - want[i]) <= TOLERANCE * Math.abs(want[i]))) {
                throw new AssertionError(who + ": loss " + i + ": got " + got[i] + ", want " + want[i]);
            }
        }
    }
}
