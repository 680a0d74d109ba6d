package dev.gossamer.fl.nn;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model's definition: layers one after the other, without memory or numbers.
 *
 * @param name for people and files
 * @param input shape of one sample, batch 1
 * @param layers at least one; the last one's output are the logits
 * @param initializer of the weights
 * @param power what the weights of linear layers and convolutions are of what is trained, averaged and sent
 * @param start theta to begin with in place of what the initializer draws, or null
 */
public record ModelSpec(
        String name,
        Shape input,
        List<LayerSpec> layers,
        Initializer initializer,
        PowerPropagation power,
        @Nullable ModelState start) {

    /** Sets the streams of initial values apart from the other uses of a run's seed. */
    private static final long STREAM = 0x1217;

    public ModelSpec {
        layers = List.copyOf(layers);
        if (layers.isEmpty()) {
            throw new IllegalArgumentException("Model '" + name + "' needs at least one layer");
        }
    }

    /** A model whose weights are trained as they are. */
    public ModelSpec(String name, Shape input, List<LayerSpec> layers, Initializer initializer) {
        this(name, input, layers, initializer, PowerPropagation.NONE, null);
    }

    /** A model whose weights start Glorot uniform and are trained as they are. */
    public ModelSpec(String name, Shape input, List<LayerSpec> layers) {
        this(name, input, layers, Initializer.GLOROT_UNIFORM);
    }

    /** This model with other weights for the same theta; its initial weights are what the initializer draws. */
    public ModelSpec withPower(PowerPropagation other) {
        return new ModelSpec(name, input, layers, initializer, other, null);
    }

    /**
     * This model with initial parameters that are given.
     *
     * @param theta tensors in the order of {@link #parameters()}, of their shapes
     */
    public ModelSpec startingFrom(ModelState theta) {
        return new ModelSpec(name, input, layers, initializer, power, theta);
    }

    /** What a parameter's effective numbers are of theta: only weights of linear layers and convolutions are powers. */
    public PowerPropagation powerOf(ParameterSpec parameter) {
        return parameter.kind() == Kind.WEIGHT ? power : PowerPropagation.NONE;
    }

    /** Number of logits. */
    public int classes() {
        Shape shape = input;
        for (LayerSpec layer : layers) {
            shape = layer.output(shape);
        }
        return shape.features();
    }

    /** What the largest layer reads and writes for one sample, in numbers. */
    long layerFeatures() {
        long most = 0;
        Shape shape = input;
        for (LayerSpec layer : layers) {
            Shape output = layer.output(shape);
            most = Math.max(most, (long) shape.features() + output.features());
            shape = output;
        }
        return most;
    }

    /** All parameters, layer by layer. */
    public List<ParameterSpec> parameters() {
        List<ParameterSpec> parameters = new ArrayList<>();
        Shape shape = input;
        for (LayerSpec layer : layers) {
            parameters.addAll(layer.parameters(shape));
            shape = layer.output(shape);
        }
        return List.copyOf(parameters);
    }

    /** Trainable parameters in all, when dense: the denominator of every sparsity. */
    public long parameterCount() {
        return count(Kind::trained);
    }

    /** Numbers that are not trained but averaged and sent: the statistics of batch normalisations. */
    public long stateCount() {
        return count(kind -> !kind.trained());
    }

    /** Weights of linear layers and convolutions, when dense: what methods prune that leave biases and batch norms alone. */
    public long weightCount() {
        return count(kind -> kind == Kind.WEIGHT);
    }

    /** Names of the parameters that the optimiser moves. */
    public Set<String> trainedNames() {
        return parameters().stream()
                .filter(parameter -> parameter.kind().trained())
                .map(ParameterSpec::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    private long count(Predicate<Kind> which) {
        return parameters().stream()
                .filter(parameter -> which.test(parameter.kind()))
                .mapToLong(ParameterSpec::size)
                .sum();
    }

    /**
     * Dense initial parameters: those given to {@link #startingFrom}, or theta of what the initializer draws, a function of the
     * seed and this definition, the same bits on every machine.
     */
    public ModelState initial(long seed) {
        if (start != null) {
            return start;
        }
        List<ParameterSpec> parameters = parameters();
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            TensorState weights = initializer.initial(parameters.get(i), SplitMix64.of(seed, STREAM, i));
            tensors.add(theta(weights, powerOf(parameters.get(i))));
        }
        return new ModelState(tensors);
    }

    private static TensorState theta(TensorState weights, PowerPropagation power) {
        if (power.isIdentity()) {
            return weights;
        }
        float[] theta = new float[weights.values().length];
        for (int i = 0; i < theta.length; i++) {
            theta[i] = (float) power.theta(weights.values()[i]);
        }
        return weights.with(weights.pattern(), theta);
    }
}
