package dev.gossamer.bench;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Window;
import dev.gossamer.fl.nn.BatchNormSpec;
import dev.gossamer.fl.nn.ConvSpec;
import dev.gossamer.fl.nn.DropoutSpec;
import dev.gossamer.fl.nn.LayerSpec;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.PoolSpec;
import dev.gossamer.fl.nn.ResidualBlockSpec;
import java.util.List;
import java.util.Map;

/** The layers of a model as {@code pytorch_peer.py} takes them, which builds its own of the same parameters in the same order. */
final class ModelLayers {

    private ModelLayers() {}

    static List<Map<String, Object>> of(ModelSpec spec) {
        return spec.layers().stream().map(ModelLayers::of).toList();
    }

    private static Map<String, Object> of(LayerSpec layer) {
        return switch (layer) {
            case ConvSpec conv ->
                Map.of(
                        "kind", "conv",
                        "out", conv.out(),
                        "kernel", conv.kernel(),
                        "stride", conv.stride(),
                        "padding", conv.padding(),
                        "bias", conv.bias(),
                        "relu", isRelu(conv.activation()));
            case BatchNormSpec norm ->
                Map.of(
                        "kind", "norm",
                        "epsilon", norm.epsilon(),
                        "momentum", norm.momentum(),
                        "relu", isRelu(norm.activation()));
            case PoolSpec pool -> of(pool);
            case LinearSpec linear ->
                Map.of("kind", "linear", "out", linear.out(), "relu", isRelu(linear.activation()));
            case ResidualBlockSpec block -> Map.of("kind", "block", "out", block.out(), "stride", block.stride());
            case DropoutSpec dropout ->
                throw new IllegalArgumentException("PyTorch drops others out than we do: " + dropout);
        };
    }

    private static Map<String, Object> of(PoolSpec pool) {
        Window window = pool.window();
        if (window == null && pool.kind() == PoolSpec.Kind.AVERAGE) {
            return Map.of("kind", "average");
        }
        if (window == null || pool.kind() != PoolSpec.Kind.MAX || window.height() != window.width()) {
            throw new IllegalArgumentException("No layer of PyTorch for " + pool);
        }
        return Map.of("kind", "max", "kernel", window.height(), "stride", window.stride(), "padding", window.padding());
    }

    private static boolean isRelu(Activation activation) {
        return activation == Activation.RELU;
    }
}
