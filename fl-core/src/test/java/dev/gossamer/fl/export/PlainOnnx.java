package dev.gossamer.fl.export;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;

/** Computes what an ONNX file says, for one sample, by the definitions of its operators: plain loops in doubles. */
final class PlainOnnx {

    /** Row-major numbers; the batch is left out. */
    @SuppressWarnings("ArrayRecordComponent") // for tests, never compared
    record Array(double[] data, int... shape) {}

    private final Map<String, Array> values = new HashMap<>();
    private final ProtoReader graph;

    PlainOnnx(byte[] file) {
        graph = new ProtoReader(ByteBuffer.wrap(file)).message(7);
        for (ProtoReader tensor : graph.messages(5)) {
            int[] shape = tensor.integers(1).stream().mapToInt(Math::toIntExact).toArray();
            ByteBuffer raw = tensor.raw(9);
            double[] data = new double[raw.remaining() / Float.BYTES];
            Arrays.setAll(data, i -> raw.getFloat(i * Float.BYTES));
            values.put(tensor.text(8), new Array(data, shape));
        }
    }

    double[] logits(double[] input, int... shape) {
        values.put(graph.message(11).text(1), new Array(input, shape));
        for (ProtoReader node : graph.messages(1)) {
            List<Array> inputs = node.texts(1).stream().map(this::value).toList();
            values.put(node.text(2), apply(node, inputs));
        }
        return value(graph.message(12).text(1)).data;
    }

    private Array value(String name) {
        Array value = values.get(name);
        if (value == null) {
            throw new AssertionError("nothing makes '" + name + "' before it is used");
        }
        return value;
    }

    private static Array apply(ProtoReader node, List<Array> in) {
        Array x = in.getFirst();
        return switch (node.text(4)) {
            case "Conv" -> conv(node, x, in.get(1), in.size() == 3 ? in.get(2).data : null);
            case "Gemm" -> gemm(node, x, in.get(1), in.get(2));
            case "BatchNormalization" -> norm(attribute(node, "epsilon").real(2), in);
            case "Relu" ->
                new Array(Arrays.stream(x.data).map(v -> Math.max(v, 0)).toArray(), x.shape);
            case "Add" -> {
                double[] other = in.get(1).data;
                yield new Array(
                        IntStream.range(0, other.length)
                                .mapToDouble(i -> x.data[i] + other[i])
                                .toArray(),
                        x.shape);
            }
            case "Flatten" -> new Array(x.data, x.data.length);
            case "MaxPool" -> pool(node, x, Double.NEGATIVE_INFINITY, Math::max);
            case "GlobalAveragePool" -> {
                int plane = x.shape[1] * x.shape[2];
                double[] means = new double[x.shape[0]];
                Arrays.setAll(
                        means,
                        c -> Arrays.stream(x.data, c * plane, (c + 1) * plane)
                                .average()
                                .orElseThrow());
                yield new Array(means, x.shape[0], 1, 1);
            }
            default -> throw new AssertionError("operator " + node.text(4));
        };
    }

    private static ProtoReader attribute(ProtoReader node, String name) {
        return node.messages(5).stream()
                .filter(attribute -> attribute.text(1).equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no attribute " + name));
    }

    private static int[] integers(ProtoReader node, String name) {
        return attribute(node, name).integers(8).stream()
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    private static Array conv(ProtoReader node, Array x, Array w, double[] bias) {
        int[] strides = integers(node, "strides");
        int[] pads = integers(node, "pads");
        int rows = (x.shape[1] + pads[0] + pads[2] - w.shape[2]) / strides[0] + 1;
        int cols = (x.shape[2] + pads[1] + pads[3] - w.shape[3]) / strides[1] + 1;
        double[] y = new double[w.shape[0] * rows * cols];
        for (int out = 0; out < w.shape[0]; out++) {
            for (int i = 0; i < rows * cols; i++) {
                y[out * rows * cols + i] = bias == null ? 0 : bias[out];
            }
            for (int k = 0; k < w.shape[1] * w.shape[2] * w.shape[3]; k++) {
                double weight = w.data[out * w.shape[1] * w.shape[2] * w.shape[3] + k];
                int channel = k / (w.shape[2] * w.shape[3]);
                int dy = k / w.shape[3] % w.shape[2] - pads[0];
                int dx = k % w.shape[3] - pads[1];
                for (int i = 0; weight != 0 && i < rows * cols; i++) {
                    int row = i / cols * strides[0] + dy;
                    int col = i % cols * strides[1] + dx;
                    if (row >= 0 && row < x.shape[1] && col >= 0 && col < x.shape[2]) {
                        y[out * rows * cols + i] += weight * x.data[(channel * x.shape[1] + row) * x.shape[2] + col];
                    }
                }
            }
        }
        return new Array(y, w.shape[0], rows, cols);
    }

    private static Array gemm(ProtoReader node, Array x, Array w, Array bias) {
        if (attribute(node, "transB").integer(3) != 1) {
            throw new AssertionError("weights are [out, in]");
        }
        double[] y = bias.data.clone();
        for (int out = 0; out < y.length; out++) {
            for (int i = 0; i < w.shape[1]; i++) {
                y[out] += w.data[out * w.shape[1] + i] * x.data[i];
            }
        }
        return new Array(y, y.length);
    }

    private static Array norm(float epsilon, List<Array> in) {
        Array x = in.getFirst();
        int plane = x.data.length / x.shape[0];
        double[] y = new double[x.data.length];
        Arrays.setAll(y, i -> {
            int c = i / plane;
            double deviation = Math.sqrt(in.get(4).data[c] + epsilon);
            return in.get(1).data[c] * (x.data[i] - in.get(3).data[c]) / deviation + in.get(2).data[c];
        });
        return new Array(y, x.shape);
    }

    private static Array pool(ProtoReader node, Array x, double start, DoubleBinaryOperator fold) {
        int[] kernel = integers(node, "kernel_shape");
        int[] strides = integers(node, "strides");
        int[] pads = integers(node, "pads");
        int rows = (x.shape[1] + pads[0] + pads[2] - kernel[0]) / strides[0] + 1;
        int cols = (x.shape[2] + pads[1] + pads[3] - kernel[1]) / strides[1] + 1;
        double[] y = new double[x.shape[0] * rows * cols];
        Arrays.fill(y, start);
        for (int i = 0; i < y.length; i++) {
            for (int k = 0; k < kernel[0] * kernel[1]; k++) {
                int row = i / cols % rows * strides[0] + k / kernel[1] - pads[0];
                int col = i % cols * strides[1] + k % kernel[1] - pads[1];
                if (row >= 0 && row < x.shape[1] && col >= 0 && col < x.shape[2]) {
                    int channel = i / (rows * cols);
                    y[i] = fold.applyAsDouble(y[i], x.data[(channel * x.shape[1] + row) * x.shape[2] + col]);
                }
            }
        }
        return new Array(y, x.shape[0], rows, cols);
    }
}
