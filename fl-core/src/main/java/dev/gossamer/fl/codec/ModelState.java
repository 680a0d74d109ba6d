package dev.gossamer.fl.codec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model between rounds: its tensors by name, on the host, immutable (see {@link TensorState} for what that means for
 * the values). It is what the server holds and what travels.
 *
 * @param tensors in the model's order, names unique
 */
public record ModelState(List<TensorState> tensors) {

    public ModelState {
        tensors = List.copyOf(tensors);
        Map<String, TensorState> byName = new HashMap<>();
        for (TensorState tensor : tensors) {
            if (byName.put(tensor.name(), tensor) != null) {
                throw new IllegalArgumentException("Two tensors of a model are named '" + tensor.name() + "'");
            }
        }
    }

    /**
     * The tensor with a name.
     *
     * @throws IllegalArgumentException naming the tensors there are, if there is none
     */
    public TensorState tensor(String name) {
        for (TensorState tensor : tensors) {
            if (tensor.name().equals(name)) {
                return tensor;
            }
        }
        throw new IllegalArgumentException("The model has no tensor '" + name + "', only "
                + tensors.stream().map(TensorState::name).toList());
    }

    /**
     * This model with other tensors behind its own, under names that begin with a prefix: what a method sends beside the model.
     *
     * @param prefix that no name begins with so far
     */
    public ModelState with(String prefix, ModelState others) {
        List<TensorState> all = new ArrayList<>(tensors);
        others.tensors.forEach(tensor -> all.add(tensor.named(prefix + tensor.name())));
        return new ModelState(all);
    }

    /** The tensors whose names do not begin with a prefix: see {@link #with}. */
    public ModelState without(String prefix) {
        return new ModelState(tensors.stream()
                .filter(tensor -> !tensor.name().startsWith(prefix))
                .toList());
    }

    /** The tensors whose names begin with a prefix, without it: see {@link #with}. */
    public ModelState only(String prefix) {
        return new ModelState(tensors.stream()
                .filter(tensor -> tensor.name().startsWith(prefix))
                .map(tensor -> tensor.named(tensor.name().substring(prefix.length())))
                .toList());
    }

    /** Dense zeros of the shapes of some of this model's tensors. */
    public ModelState zeros(Set<String> names) {
        return new ModelState(tensors.stream()
                .filter(tensor -> names.contains(tensor.name()))
                .map(tensor -> tensor.with(null, new float[Math.toIntExact(tensor.size())]))
                .toList());
    }

    /** The sum with a model of the same layout, dense; what a pattern lacks counts as 0. */
    public ModelState plus(ModelState other) {
        return combined(other, 1);
    }

    /** The difference to a model of the same layout, dense; what a pattern lacks counts as 0. */
    public ModelState minus(ModelState other) {
        return combined(other, -1);
    }

    private ModelState combined(ModelState other, float sign) {
        requireSameLayout(other, "other model");
        List<TensorState> results = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            float[] values = tensors.get(i).toDense();
            float[] others = other.tensors.get(i).toDense();
            for (int p = 0; p < values.length; p++) {
                values[p] += sign * others[p];
            }
            results.add(tensors.get(i).with(null, values));
        }
        return new ModelState(results);
    }

    /** Number of elements of all tensors, with or without a value. */
    public long size() {
        return tensors.stream().mapToLong(TensorState::size).sum();
    }

    /** Number of values of all tensors. */
    public long nnz() {
        return tensors.stream().mapToLong(TensorState::nnz).sum();
    }

    /**
     * Checks that another model has the same tensors: names, order and shapes. Patterns may differ.
     *
     * @param what names the other model in the error, for example {@code "update of client 3"}
     * @throws IllegalArgumentException naming the first difference
     */
    public void requireSameLayout(ModelState other, String what) {
        if (tensors.size() != other.tensors.size()) {
            throw new IllegalArgumentException(
                    "The " + what + " has " + other.tensors.size() + " tensors, but the model has " + tensors.size());
        }
        for (int i = 0; i < tensors.size(); i++) {
            TensorState own = tensors.get(i);
            TensorState its = other.tensors.get(i);
            if (!own.name().equals(its.name()) || !Arrays.equals(own.shape(), its.shape())) {
                throw new IllegalArgumentException(
                        "Tensor " + i + " of the " + what + " is '" + its.name() + "' of shape "
                                + Arrays.toString(its.shape()) + ", but the model's is '" + own.name() + "' of shape "
                                + Arrays.toString(own.shape()));
            }
        }
    }
}
