package dev.gossamer.fl.export;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Window;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.BatchNormSpec;
import dev.gossamer.fl.nn.ConvSpec;
import dev.gossamer.fl.nn.DropoutSpec;
import dev.gossamer.fl.nn.LayerSpec;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.PoolSpec;
import dev.gossamer.fl.nn.ResidualBlockSpec;
import dev.gossamer.fl.proto.ProtoMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@code GraphProto} while layer after layer adds its nodes. A value of the graph is named for the node that makes it, and a node for
 * its layer.
 */
final class OnnxGraph {

    static final String INPUT = "input";
    static final String OUTPUT = "logits";

    private static final String BATCH = "batch";

    /** {@code TensorProto.DataType}. */
    private static final int FLOAT = 1;

    /** {@code AttributeProto.AttributeType}. */
    private static final int FLOAT_ATTRIBUTE = 1;

    private static final int INTEGER_ATTRIBUTE = 2;
    private static final int INTEGERS_ATTRIBUTE = 7;

    private final List<PendingNode> pending = new ArrayList<>();
    private Shape shape;
    private boolean flat;

    /** A node whose output may still get another name. */
    private record PendingNode(String operator, String name, List<String> inputs, List<ProtoMessage> attributes) {}

    private OnnxGraph(Shape one) {
        this.shape = one;
    }

    /** The graph of a model. */
    static ProtoMessage of(PortableModel model) {
        OnnxGraph graph = new OnnxGraph(model.one());
        String last = INPUT;
        for (LayerSpec layer : model.spec().layers()) {
            last = graph.layer(layer, last);
        }
        ProtoMessage message = graph.nodes().text(2, model.spec().name());
        for (TensorState tensor : model.weights().tensors()) {
            message.message(5, initializer(tensor));
        }
        Shape one = model.one();
        return message.message(11, value(INPUT, List.of(one.channels(), one.height(), one.width())))
                .message(12, value(OUTPUT, List.of(model.spec().classes())));
    }

    // ---- layers

    private String layer(LayerSpec layer, String in) {
        return switch (layer) {
            case LinearSpec linear -> linear(linear, in);
            case ConvSpec conv -> activated(conv.activation(), conv.name(), convolution(conv, in));
            case BatchNormSpec norm -> activated(norm.activation(), norm.name(), norm(norm, in));
            case PoolSpec pool -> pool(pool, in);
            case DropoutSpec dropout -> in;
            case ResidualBlockSpec block -> residual(block, in);
        };
    }

    private String linear(LinearSpec linear, String in) {
        String vector = in;
        if (!flat) {
            vector = node("Flatten", linear.name() + ".flatten", List.of(in), List.of(integer("axis", 1)));
            flat = true;
        }
        shape = linear.output(shape);
        String name = linear.name();
        String out =
                node("Gemm", name, List.of(vector, name + ".weight", name + ".bias"), List.of(integer("transB", 1)));
        return activated(linear.activation(), name, out);
    }

    private String convolution(ConvSpec conv, String in) {
        shape = conv.output(shape);
        String name = conv.name();
        List<String> inputs = new ArrayList<>(List.of(in, name + ".weight"));
        if (conv.bias()) {
            inputs.add(name + ".bias");
        }
        return node("Conv", name, inputs, window(conv.kernel(), conv.kernel(), conv.stride(), conv.padding()));
    }

    private String norm(BatchNormSpec norm, String in) {
        String name = norm.name();
        return node(
                "BatchNormalization",
                name,
                List.of(in, name + ".weight", name + ".bias", name + ".running_mean", name + ".running_var"),
                List.of(real("epsilon", norm.epsilon())));
    }

    private String pool(PoolSpec pool, String in) {
        Window window = pool.window();
        shape = pool.output(shape);
        boolean max = pool.kind() == PoolSpec.Kind.MAX;
        if (window == null) {
            return node(max ? "GlobalMaxPool" : "GlobalAveragePool", pool.name(), List.of(in));
        }
        List<ProtoMessage> attributes =
                new ArrayList<>(window(window.height(), window.width(), window.stride(), window.padding()));
        if (!max) {
            // Padding counts: see NnOps.averagePool.
            attributes.add(integer("count_include_pad", 1));
        }
        return node(max ? "MaxPool" : "AveragePool", pool.name(), List.of(in), attributes);
    }

    private String residual(ResidualBlockSpec block, String in) {
        Shape before = shape;
        String shortcut = in;
        if (block.projects(before)) {
            shortcut = norm(block.projectionNorm(), convolution(block.projection(), in));
        }
        shape = before;
        String inner = layer(block.norm1(), convolution(block.conv1(), in));
        String normed = norm(block.norm2(), convolution(block.conv2(), inner));
        String sum = node("Add", block.name() + ".add", List.of(normed, shortcut));
        return activated(block.norm2().activation(), block.name(), sum);
    }

    private String activated(Activation activation, String name, String in) {
        return switch (activation) {
            case IDENTITY -> in;
            case RELU -> node("Relu", name + ".relu", List.of(in));
        };
    }

    // ---- nodes

    private String node(String operator, String name, List<String> inputs) {
        return node(operator, name, inputs, List.of());
    }

    private String node(String operator, String name, List<String> inputs, List<ProtoMessage> attributes) {
        pending.add(new PendingNode(operator, name, inputs, attributes));
        return name;
    }

    /** {@code NodeProto}s, of which the last makes what the graph is for. */
    private ProtoMessage nodes() {
        ProtoMessage nodes = new ProtoMessage();
        for (PendingNode node : pending) {
            ProtoMessage message = new ProtoMessage();
            node.inputs.forEach(input -> message.text(1, input));
            message.text(2, node.equals(pending.getLast()) ? OUTPUT : node.name)
                    .text(3, node.name)
                    .text(4, node.operator);
            node.attributes.forEach(attribute -> message.message(5, attribute));
            nodes.message(1, message);
        }
        return nodes;
    }

    // ---- attributes, tensors, types

    /** Of a window that moves over a plane. */
    private static List<ProtoMessage> window(int height, int width, int stride, int padding) {
        return List.of(
                integers("kernel_shape", height, width),
                integers("strides", stride, stride),
                integers("pads", padding, padding, padding, padding));
    }

    private static ProtoMessage integer(String name, long value) {
        return new ProtoMessage().text(1, name).varint(3, value).varint(20, INTEGER_ATTRIBUTE);
    }

    private static ProtoMessage real(String name, float value) {
        return new ProtoMessage().text(1, name).fixed32(2, value).varint(20, FLOAT_ATTRIBUTE);
    }

    private static ProtoMessage integers(String name, long... values) {
        ProtoMessage message = new ProtoMessage().text(1, name);
        for (long value : values) {
            message.varint(8, value);
        }
        return message.varint(20, INTEGERS_ATTRIBUTE);
    }

    /** A {@code TensorProto} with its numbers as they lie in memory, little-endian. */
    private static ProtoMessage initializer(TensorState tensor) {
        ProtoMessage message = new ProtoMessage();
        for (int dimension : tensor.shape()) {
            message.varint(1, dimension);
        }
        ByteBuffer raw =
                ByteBuffer.allocate(Float.BYTES * tensor.values().length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(tensor.values());
        return message.varint(2, FLOAT).text(8, tensor.name()).bytes(9, raw);
    }

    /** A {@code ValueInfoProto} of floats, the first dimension being any. */
    private static ProtoMessage value(String name, List<Integer> dimensions) {
        ProtoMessage shape = new ProtoMessage().message(1, new ProtoMessage().text(2, BATCH));
        dimensions.forEach(dimension -> shape.message(1, new ProtoMessage().varint(1, dimension)));
        ProtoMessage tensor = new ProtoMessage().varint(1, FLOAT).message(2, shape);
        return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
    }
}
