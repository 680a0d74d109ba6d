package dev.gossamer.fl.run;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.ParameterSpec;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters of a model in a {@link Safetensors} file, under PyTorch's names. PyTorch's own state dictionaries are such files:
 * what they count beside the statistics of batch normalisations is passed over.
 */
public final class ModelFile {

    /** PyTorch's count of batches that a batch normalisation has seen, which nothing here depends on. */
    private static final String BATCHES_SEEN = ".num_batches_tracked";

    private ModelFile() {}

    /** Metadata: what the numbers are, where that is not the weights. */
    private static final String PARAMETERS = "parameters";

    private static final String THETA = "theta";
    private static final String ALPHA = "alpha";

    /** All elements of what is trained; the bytes depend on the arguments alone. A file says where its numbers are not the weights. */
    static void write(Path file, ModelState theta, PowerPropagation power) throws IOException {
        List<SafeTensor> tensors = theta.tensors().stream()
                .map(tensor -> SafeTensor.of(tensor.name(), tensor.shape(), tensor.toDense()))
                .toList();
        Map<String, String> metadata =
                power.isIdentity() ? Map.of() : Map.of(PARAMETERS, THETA, ALPHA, Float.toString(power.alpha()));
        Safetensors.write(file, tensors, metadata);
    }

    /**
     * What a run begins with. Files have weights, as PyTorch writes and `gossamer export` too; where a run's own file has theta instead,
     * it says so, and with the same power theta stays as it is.
     *
     * @param spec with the power that the run trains with
     * @return theta, as {@link #read}
     * @throws ConfigException as {@link #read}
     */
    static ModelState theta(Path file, ModelSpec spec) {
        Safetensors.Content content = content(file);
        PowerPropagation stored = power(file, content.metadata());
        ModelState state = read(file, content, spec);
        if (stored.equals(spec.power())) {
            return state;
        }
        List<TensorState> tensors = new ArrayList<>();
        for (ParameterSpec parameter : spec.parameters()) {
            TensorState tensor = state.tensors().get(tensors.size());
            tensors.add(parameter.kind() == ParameterSpec.Kind.WEIGHT ? changed(tensor, stored, spec.power()) : tensor);
        }
        return new ModelState(tensors);
    }

    private static TensorState changed(TensorState tensor, PowerPropagation from, PowerPropagation to) {
        float[] theta = new float[tensor.values().length];
        for (int i = 0; i < theta.length; i++) {
            theta[i] = (float) to.theta(from.weight(tensor.values()[i]));
        }
        return tensor.with(null, theta);
    }

    private static PowerPropagation power(Path file, Map<String, String> metadata) {
        if (!THETA.equals(metadata.get(PARAMETERS))) {
            return PowerPropagation.NONE;
        }
        try {
            return new PowerPropagation(Float.parseFloat(metadata.getOrDefault(ALPHA, "")));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "Model file " + file + " has theta of Powerpropagation, but its metadata tell no alpha", e);
        }
    }

    /**
     * The tensors of a file as the parameters of a model, whatever the order in the file.
     *
     * @return all elements of each tensor, in the order of {@link ModelSpec#parameters()}
     * @throws ConfigException naming the file, the tensor and what to do: one that the model has not or that the file has not, another
     *     type or shape, a number that is not finite, or no file of this form
     */
    public static ModelState read(Path file, ModelSpec spec) {
        return read(file, content(file), spec);
    }

    private static ModelState read(Path file, Safetensors.Content content, ModelSpec spec) {
        Map<String, SafeTensor> left = new HashMap<>();
        for (SafeTensor tensor : content.tensors()) {
            if (!tensor.name().endsWith(BATCHES_SEEN)) {
                left.put(tensor.name(), tensor);
            }
        }
        List<TensorState> tensors = new ArrayList<>();
        for (ParameterSpec parameter : spec.parameters()) {
            SafeTensor tensor = left.remove(parameter.name());
            if (tensor == null) {
                throw refusal(file, spec, "has no tensor '" + parameter.name() + "' of shape " + parameter.shape());
            }
            tensors.add(state(file, spec, parameter, tensor));
        }
        if (!left.isEmpty()) {
            String other = left.keySet().stream().sorted().findFirst().orElseThrow();
            throw refusal(file, spec, "has a tensor '" + other + "', which the model has not");
        }
        return new ModelState(tensors);
    }

    private static Safetensors.Content content(Path file) {
        try {
            return Safetensors.read(file);
        } catch (IOException e) {
            throw new ConfigException("Model file " + e.getMessage() + ". Give a .safetensors file", e);
        }
    }

    private static TensorState state(Path file, ModelSpec spec, ParameterSpec parameter, SafeTensor tensor) {
        if (tensor.type() != SafeTensor.Dtype.F32) {
            throw refusal(
                    file, spec, "has tensor '" + tensor.name() + "' of type " + tensor.type() + ", but F32 is wanted");
        }
        List<Long> shape = parameter.shape().stream().map(Integer::longValue).toList();
        if (!tensor.shape().equals(shape)) {
            throw refusal(
                    file,
                    spec,
                    "has tensor '" + tensor.name() + "' of shape " + tensor.shape() + ", but the model's has " + shape);
        }
        float[] values = tensor.floats();
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw refusal(
                        file, spec, "has " + values[i] + " as element " + i + " of tensor '" + tensor.name() + "'");
            }
        }
        return TensorState.dense(parameter.name(), parameter.dimensions(), values);
    }

    private static ConfigException refusal(Path file, ModelSpec spec, String what) {
        return new ConfigException("Model file " + file + " " + what + ". It has to hold the parameters of model "
                + spec.name() + " for these data, under PyTorch's names: choose the model that it was made for with"
                + " --model, or give another file");
    }

    /**
     * A model in which what is zero in a trained tensor is no part of it, so that it is neither stored nor multiplied. A tensor
     * without zeros stays dense.
     */
    public static ModelState withoutZeros(ModelState model, ModelSpec spec) {
        return new ModelState(model.tensors().stream()
                .map(tensor -> spec.trainedNames().contains(tensor.name()) ? withoutZeros(tensor) : tensor)
                .toList());
    }

    private static TensorState withoutZeros(TensorState tensor) {
        float[] all = tensor.toDense();
        int cols = tensor.cols();
        SparsityPattern pattern =
                SparsityPattern.fromMask(tensor.rows(), cols, (row, col) -> all[row * cols + col] != 0);
        if (pattern.nnz() == all.length) {
            return tensor.with(null, all);
        }
        float[] values = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((row, col, position) -> values[position] = all[row * cols + col]);
        return tensor.with(pattern, values);
    }
}
