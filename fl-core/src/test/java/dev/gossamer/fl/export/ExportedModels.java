package dev.gossamer.fl.export;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.ParameterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Models of the zoo as training leaves them: with statistics, biases, and patterns. */
final class ExportedModels {

    private static final double DENSITY = 0.4;

    private ExportedModels() {}

    /** The smallest samples that a model takes well, or those that it is published for. */
    static Shape one(String model) {
        return switch (model) {
            case "mlp", "lenet-300-100", "linear" -> new Shape(1, 7, 5, 1);
            case "cnn-femnist" -> new Shape(1, 12, 8, 1);
            case "vgg16" -> new Shape(3, 32, 32, 1);
            case "resnet18", "resnet18-half" -> new Shape(3, 8, 6, 1);
            case "resnet18-speech" -> new Shape(1, 24, 17, 1);
            default -> new Shape(3, 8, 16, 1);
        };
    }

    static ModelSpec spec(String model) {
        return Models.named(model, one(model), 7);
    }

    /** Theta: initial weights in random patterns, and whatever starts at 0 or 1 moved from there. */
    static ModelState trained(ModelSpec spec) {
        ModelState initial = spec.initial(5);
        List<ParameterSpec> parameters = spec.parameters();
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            TensorState tensor = initial.tensors().get(i);
            SplitMix64 random = SplitMix64.of(9, i);
            tensors.add(
                    parameters.get(i).kind() == ParameterSpec.Kind.WEIGHT
                            ? pruned(tensor, random)
                            : moved(tensor, random));
        }
        return new ModelState(tensors);
    }

    private static TensorState moved(TensorState tensor, SplitMix64 random) {
        float[] values = tensor.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] += random.nextFloat(-0.3f, 0.3f);
        }
        return tensor.with(null, values);
    }

    private static TensorState pruned(TensorState tensor, SplitMix64 random) {
        int cols = tensor.cols();
        int[] kept = IntStream.range(0, Math.toIntExact(tensor.size()))
                .filter(i -> random.nextDouble() < DENSITY)
                .toArray();
        SparsityPattern pattern = SparsityPattern.fromFlatIndices(tensor.rows(), cols, kept);
        float[] values = new float[Math.toIntExact(pattern.nnz())];
        float growth = (float) Math.sqrt(1 / DENSITY);
        pattern.forEach((row, col, position) -> values[position] = growth * tensor.values()[row * cols + col]);
        return tensor.with(pattern, values);
    }
}
