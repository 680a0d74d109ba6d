package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The basic block of a residual network, {@code relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))}, 3x3 convolutions
 * without bias. The shortcut is x itself, or where channels or plane change a 1x1 convolution with a batch normalisation.
 *
 * <p>Source: "Deep residual learning for image recognition", He, Zhang, Ren, Sun, CVPR 2016; names of parameters as in
 * torchvision.
 *
 * @param name prefix of its parameters' names
 * @param out output channels
 * @param stride of the first convolution and of the shortcut
 */
public record ResidualBlockSpec(String name, int out, int stride) implements LayerSpec {

    @Override
    public Shape output(Shape input) {
        return conv1().output(input);
    }

    @Override
    public List<ParameterSpec> parameters(Shape input) {
        Shape output = output(input);
        List<ParameterSpec> parameters = new ArrayList<>();
        parameters.addAll(conv1().parameters(input));
        parameters.addAll(norm1().parameters(output));
        parameters.addAll(conv2().parameters(output));
        parameters.addAll(norm2().parameters(output));
        if (projects(input)) {
            parameters.addAll(projection().parameters(input));
            parameters.addAll(projectionNorm().parameters(output));
        }
        return parameters;
    }

    @Override
    public List<LayerWork> work(Shape input) {
        List<LayerWork> work = new ArrayList<>();
        work.addAll(conv1().work(input));
        work.addAll(conv2().work(output(input)));
        if (projects(input)) {
            work.addAll(projection().work(input));
        }
        return work;
    }

    /** The shortcut comes first: its gradient is then the block's own, without a copy (see {@link Signal}). */
    @Override
    public Signal open(Assembly assembly, Signal in) {
        Signal from = assembly.tiled(in, conv1()::fits, 0);
        Signal shortcut = projects(from.shape())
                ? projectionNorm().open(assembly, projection().open(assembly, from))
                : from;
        Signal inner = norm1().open(assembly, conv1().open(assembly, from));
        return norm2().open(assembly, conv2().open(assembly, inner), shortcut);
    }

    /** Whether the shortcut is {@link #projection} and {@link #projectionNorm}, rather than the input itself. */
    public boolean projects(Shape input) {
        return stride != 1 || input.channels() != out;
    }

    public ConvSpec conv1() {
        return new ConvSpec(name + ".conv1", out, 3, stride, 1, false, Activation.IDENTITY);
    }

    public BatchNormSpec norm1() {
        return BatchNormSpec.pytorch(name + ".bn1", Activation.RELU);
    }

    public ConvSpec conv2() {
        return new ConvSpec(name + ".conv2", out, 3, 1, 1, false, Activation.IDENTITY);
    }

    /** Its activation follows the addition of the shortcut. */
    public BatchNormSpec norm2() {
        return BatchNormSpec.pytorch(name + ".bn2", Activation.RELU);
    }

    public ConvSpec projection() {
        return new ConvSpec(name + ".downsample.0", out, 1, stride, 0, false, Activation.IDENTITY);
    }

    public BatchNormSpec projectionNorm() {
        return BatchNormSpec.pytorch(name + ".downsample.1", Activation.IDENTITY);
    }
}
