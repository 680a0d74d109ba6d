package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Shape;
import java.util.ArrayList;
import java.util.List;

/** The model zoo. */
public final class Models {

    /** Names that {@link #named} knows. */
    public static final List<String> NAMES = List.of("mlp", "linear");

    private Models() {}

    /**
     * The model with a name, for data of a shape.
     *
     * <ul>
     *   <li>{@code mlp}: in-128-128-classes with ReLU, FedSparsify's FashionMNIST network (118,282 parameters for 784 inputs
     *       and 10 classes)
     *   <li>{@code linear}: multinomial logistic regression
     * </ul>
     *
     * @param features numbers per sample
     * @throws IllegalArgumentException naming the models there are, if there is none of this name
     */
    public static ModelSpec named(String name, int features, int classes) {
        return switch (name) {
            case "mlp" -> mlp(features, 128, 128, classes);
            case "linear" -> linear(features, classes);
            default -> throw new IllegalArgumentException("Unknown model '" + name + "'. Known: " + NAMES);
        };
    }

    /**
     * Fully connected layers with ReLU between them.
     *
     * @param widths input features, hidden layers, classes; layer i is named {@code fc<i>}, counted from 1
     */
    public static ModelSpec mlp(int... widths) {
        if (widths.length < 2) {
            throw new IllegalArgumentException("An MLP needs at least input and output widths");
        }
        List<LayerSpec> layers = new ArrayList<>();
        for (int i = 1; i < widths.length; i++) {
            Activation activation = i < widths.length - 1 ? Activation.RELU : Activation.IDENTITY;
            layers.add(new LinearSpec("fc" + i, widths[i], activation));
        }
        return new ModelSpec("mlp", Shape.of(widths[0], 1), layers);
    }

    /** One layer from the inputs to the logits. */
    public static ModelSpec linear(int features, int classes) {
        return new ModelSpec(
                "linear", Shape.of(features, 1), List.of(new LinearSpec("fc1", classes, Activation.IDENTITY)));
    }
}
