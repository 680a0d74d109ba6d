package dev.gossamer.bench;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.run.StoredModel;
import dev.gossamer.fl.sparsity.PruningScope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.Deflater;

/**
 * A model to be served.
 *
 * @param name in the zoo
 * @param origin where its weights are from: a run directory, or {@code initial} and the masks for weights that nobody has trained
 * @param one shape of one sample
 * @param theta with patterns
 */
record ServeModel(String name, String origin, ModelSpec spec, Shape one, ModelState theta) {

    private static final long SEED = 1990;

    /** What zlib takes without being asked, as FedSparsify's sizes were found with. */
    private static final int DEFLATE_LEVEL = 6;

    /** Which initial weights are pruned. */
    enum Masks {
        /** The smallest of all that is trained, as FedSparsify prunes: then layers differ in what is left of them. */
        MAGNITUDE,
        /** Any weights, the same share of each layer. */
        UNIFORM
    }

    /**
     * A model of the zoo for the images that it is published for, with initial weights. What is left of a tensor grows to the norm
     * that it had, as activations would fade away from layer to layer otherwise, and with them what is verified.
     */
    static ServeModel initial(String name, double sparsity, Masks masks) {
        Shape one = switch (name) {
            case "cnn-cifar10", "vgg16", "resnet18", "resnet18-half" -> new Shape(3, 32, 32, 1);
            case "resnet18-speech" -> new Shape(1, 40, 98, 1);
            default -> new Shape(1, 28, 28, 1);
        };
        int classes = switch (name) {
            case "vgg16" -> 100;
            case "resnet18-speech" -> 35;
            case "cnn-femnist" -> 62;
            default -> 10;
        };
        ModelSpec spec = Models.named(name, one, classes);
        ModelState whole = spec.initial(SEED);
        ModelState theta =
                masks == Masks.UNIFORM ? ModelProblem.pruned(whole, 1 - sparsity) : byMagnitude(spec, whole, sparsity);
        return new ServeModel(name, "initial-" + masks.name().toLowerCase(Locale.ROOT), spec, one, theta);
    }

    private static ModelState byMagnitude(ModelSpec spec, ModelState whole, double sparsity) {
        PruningScope scope = PruningScope.trainable(spec);
        ModelState pruned = scope.keepTop(whole, scope.keptAt(sparsity));
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < whole.tensors().size(); i++) {
            tensors.add(grown(pruned.tensors().get(i), whole.tensors().get(i)));
        }
        return new ModelState(tensors);
    }

    private static TensorState grown(TensorState left, TensorState whole) {
        if (left.pattern() == null || left.nnz() == 0) {
            return left;
        }
        float growth = (float) Math.sqrt(squares(whole.values()) / squares(left.values()));
        float[] values = left.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] *= growth;
        }
        return left.with(left.pattern(), values);
    }

    private static double squares(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.max(sum, Double.MIN_NORMAL);
    }

    /** The model of a run. */
    static ServeModel of(Path directory) {
        StoredModel stored = StoredModel.of(directory);
        return new ServeModel(stored.spec().name(), directory.toString(), stored.spec(), stored.one(), stored.theta());
    }

    long parameters() {
        return spec.parameterCount();
    }

    /** Trained parameters that are left. */
    long nonZeros() {
        return theta.nnz() - spec.stateCount();
    }

    double sparsity() {
        return (double) (parameters() - nonZeros()) / parameters();
    }

    /** All numbers as f32, as they lie in a safetensors file without its header. */
    long denseBytes() {
        return Float.BYTES * theta.size();
    }

    /** The same, deflated: how FedSparsify counts a model's size. */
    long deflateBytes() {
        Deflater deflater = new Deflater(DEFLATE_LEVEL);
        byte[] out = new byte[1 << 16];
        for (TensorState tensor : theta.tensors()) {
            float[] values = tensor.toDense();
            ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            deflater.setInput(bytes);
            while (!deflater.needsInput()) {
                deflater.deflate(out);
            }
        }
        deflater.finish();
        while (!deflater.finished()) {
            deflater.deflate(out);
        }
        long written = deflater.getBytesWritten();
        deflater.end();
        return written;
    }

    /** The message in which a server sends it to a client that has nothing yet. */
    long codecBytes() {
        return WireCodec.sizeBytes(new SparseUpdate(0, SparseUpdate.SERVER, 0, name, theta), null);
    }
}
