package dev.gossamer.fl.sparsity;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.ParameterSpec;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import java.io.Serializable;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which parameters of a model are pruned, all under one threshold. Statistics of batch normalisations never are.
 *
 * @param names of the tensors
 * @param size their elements when dense: what a sparsity is a fraction of
 */
public record PruningScope(Set<String> names, long size) implements Serializable {

    /** {@link #of}: everything that is trained, biases and batch norms included (FedSparsify). */
    public static final String TRAINABLE = "trainable";

    /** {@link #of}: weights of linear layers and convolutions (ZeroFL, SparseFedPP, GraSP). */
    public static final String WEIGHTS = "weights";

    /** {@link #of}: weights and biases of linear layers and convolutions (SNIP). */
    public static final String CONNECTIONS = "connections";

    public PruningScope {
        names = Set.copyOf(names);
    }

    /** A scope by its name. */
    public static PruningScope of(String name, ModelSpec spec) {
        return switch (name) {
            case TRAINABLE -> trainable(spec);
            case WEIGHTS -> weights(spec);
            case CONNECTIONS -> of(spec, kind -> kind == Kind.WEIGHT || kind == Kind.BIAS);
            default -> throw new IllegalArgumentException("Unknown scope of pruning '" + name + "'");
        };
    }

    /** Everything that is trained. */
    public static PruningScope trainable(ModelSpec spec) {
        return of(spec, Kind::trained);
    }

    /** Weights of linear layers and convolutions. */
    public static PruningScope weights(ModelSpec spec) {
        return of(spec, kind -> kind == Kind.WEIGHT);
    }

    private static PruningScope of(ModelSpec spec, Predicate<Kind> which) {
        Set<String> names = spec.parameters().stream()
                .filter(parameter -> which.test(parameter.kind()))
                .map(ParameterSpec::name)
                .collect(Collectors.toUnmodifiableSet());
        long size = spec.parameters().stream()
                .filter(parameter -> names.contains(parameter.name()))
                .mapToLong(ParameterSpec::size)
                .sum();
        return new PruningScope(names, size);
    }

    /** Whether a tensor is pruned. */
    public boolean covers(TensorState tensor) {
        return names.contains(tensor.name());
    }

    /** The model with exactly {@code keep} values left in this scope; see {@link MagnitudePruning#keepTop}. */
    public ModelState keepTop(ModelState model, long keep) {
        return MagnitudePruning.keepTop(model, this::covers, keep);
    }

    /**
     * What is left at a sparsity: {@code n - round(s·n)}, ties to even, as the published code of SparseFedPP and ZeroFL
     * counts (a schedule counts in its own way, see {@link PruningSchedule#keptAt}).
     */
    public long keptAt(double sparsity) {
        if (!(sparsity >= 0 && sparsity <= 1)) {
            throw new IllegalArgumentException("sparsity is " + sparsity + ", but must be between 0 and 1");
        }
        return size - (long) Math.rint(sparsity * size);
    }
}
