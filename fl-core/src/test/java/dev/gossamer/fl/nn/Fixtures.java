package dev.gossamer.fl.nn;

import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** Small models and samples for tests. */
final class Fixtures {

    private Fixtures() {}

    static Samples samples(Workspace workspace, byte[] pixels, byte[] labels, int features) {
        return samples(workspace, pixels, labels, new Shape(1, 1, features, 1));
    }

    static Samples samples(Workspace workspace, byte[] pixels, byte[] labels, Shape one) {
        return workspace.samples(MemorySegment.ofArray(pixels), MemorySegment.ofArray(labels), one, labels.length);
    }

    static byte[] randomPixels(int count, int features, long seed) {
        SplitMix64 random = SplitMix64.of(seed, 1);
        byte[] pixels = new byte[count * features];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) random.nextInt(256);
        }
        return pixels;
    }

    static byte[] randomLabels(int count, int classes, long seed) {
        SplitMix64 random = SplitMix64.of(seed, 2);
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++) {
            labels[i] = (byte) random.nextInt(classes);
        }
        return labels;
    }

    /** Values uniform in (-0.7, 0.7), or in (0.3, 1.7) for what scales. */
    static ModelState randomModel(ModelSpec spec, long seed) {
        List<TensorState> tensors = new ArrayList<>();
        for (ParameterSpec parameter : spec.parameters()) {
            SplitMix64 random = SplitMix64.of(seed, 3, tensors.size());
            float[] values = new float[(int) parameter.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextFloat(-0.7f, 0.7f);
            }
            if (parameter.kind() == Kind.GAMMA || parameter.kind() == Kind.RUNNING_VARIANCE) {
                for (int i = 0; i < values.length; i++) {
                    values[i] += 1;
                }
            }
            tensors.add(TensorState.dense(parameter.name(), parameter.dimensions(), values));
        }
        return new ModelState(tensors);
    }

    /** The model with about this share of each tensor's entries left. */
    static ModelState thinned(ModelState model, double density, long seed) {
        List<TensorState> tensors = new ArrayList<>();
        for (TensorState tensor : model.tensors()) {
            SplitMix64 random = SplitMix64.of(seed, 4, tensors.size());
            boolean[] kept = new boolean[(int) tensor.size()];
            for (int i = 0; i < kept.length; i++) {
                kept[i] = random.nextDouble() < density;
            }
            tensors.add(masked(tensor, i -> kept[i]));
        }
        return new ModelState(tensors);
    }

    /** The same of what is trained; state stays dense. */
    static ModelState thinned(ModelSpec spec, ModelState model, double density, long seed) {
        ModelState thin = thinned(model, density, seed);
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < model.tensors().size(); i++) {
            boolean trained = spec.parameters().get(i).kind().trained();
            tensors.add((trained ? thin : model).tensors().get(i));
        }
        return new ModelState(tensors);
    }

    /** The entries of a dense tensor that a mask over flat indices keeps. */
    static TensorState masked(TensorState dense, IntPredicate mask) {
        int cols = dense.cols();
        SparsityPattern pattern =
                SparsityPattern.fromMask(dense.rows(), cols, (row, col) -> mask.test(row * cols + col));
        float[] values = new float[(int) pattern.nnz()];
        pattern.forEach((row, col, position) -> values[position] = dense.values()[row * cols + col]);
        return dense.with(pattern, values);
    }

    /** The model with one value moved. */
    static ModelState moved(ModelState model, int tensor, int value, double by) {
        List<TensorState> tensors = new ArrayList<>(model.tensors());
        float[] values = tensors.get(tensor).values().clone();
        values[value] += (float) by;
        tensors.set(tensor, tensors.get(tensor).with(tensors.get(tensor).pattern(), values));
        return new ModelState(tensors);
    }
}
