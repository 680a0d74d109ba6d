package dev.gossamer.fl.run;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.ParameterSpec;
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

    /**
     * The tensors of a file as the parameters of a model, whatever the order in the file.
     *
     * @return all elements of each tensor, in the order of {@link ModelSpec#parameters()}
     * @throws ConfigException naming the file, the tensor and what to do: one that the model has not or that the file has not, another
     *     type or shape, a number that is not finite, or no file of this form
     */
    public static ModelState read(Path file, ModelSpec spec) {
        Map<String, SafeTensor> left = new HashMap<>();
        for (SafeTensor tensor : content(file).tensors()) {
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
            throw refusal(
                    file,
                    spec,
                    "has a tensor '"
                            + left.keySet().stream().sorted().findFirst().orElseThrow() + "', which the model has not");
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
