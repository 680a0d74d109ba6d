package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation of each channel: with the batch's statistics in training, with the running ones in evaluation.
 *
 * @param name prefix of its parameters' names
 * @param epsilon added to the variance
 * @param momentum weight of the newest batch in the running statistics, PyTorch's convention (Keras' is 1 minus it)
 * @param activation fused into it
 */
public record BatchNormSpec(String name, float epsilon, float momentum, Activation activation) implements LayerSpec {

    /** With PyTorch's defaults. */
    public static BatchNormSpec pytorch(String name, Activation activation) {
        return new BatchNormSpec(name, 1e-5f, 0.1f, activation);
    }

    /** With Keras' defaults. */
    public static BatchNormSpec keras(String name, Activation activation) {
        return new BatchNormSpec(name, 1e-3f, 0.01f, activation);
    }

    @Override
    public Shape output(Shape input) {
        return input;
    }

    @Override
    public List<ParameterSpec> parameters(Shape input) {
        List<Integer> shape = List.of(input.channels());
        return List.of(
                new ParameterSpec(name + ".weight", shape, Kind.GAMMA),
                new ParameterSpec(name + ".bias", shape, Kind.BETA),
                new ParameterSpec(name + ".running_mean", shape, Kind.RUNNING_MEAN),
                new ParameterSpec(name + ".running_var", shape, Kind.RUNNING_VARIANCE));
    }

    @Override
    public Signal open(Assembly assembly, Signal in) {
        return open(assembly, in, null);
    }

    /** With a residual that is added before the activation. */
    Signal open(Assembly assembly, Signal in, @Nullable Signal residual) {
        Parameter gamma = assembly.parameter(name + ".weight");
        Parameter beta = assembly.parameter(name + ".bias");
        BatchNorm norm = new BatchNorm(
                gamma.effective(),
                beta.effective(),
                assembly.parameter(name + ".running_mean").theta(),
                assembly.parameter(name + ".running_var").theta(),
                epsilon,
                momentum);
        return assembly.add(assembly.batchNorm(in, residual, norm, gamma, beta, activation));
    }
}
