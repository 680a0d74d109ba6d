package dev.gossamer.fl.nn;

import dev.gossamer.engine.Role;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ParameterSpec.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums of squared gradients over the steps of training (PruneFL): of weights for all entries, also those that their pattern
 * lacks, of other parameters for what is stored. The weights stay sparse and training gives the same bits as without; each
 * step has a dense gradient of the weights besides. Lives as long as the network.
 */
public final class GradientSquares {

    private final Workspace workspace;
    private final DenseTwins weights;
    private final List<Parameter> trained;
    private final List<Values> gradients = new ArrayList<>();
    private final List<Values> sums = new ArrayList<>();

    /** All 0. */
    public GradientSquares(Network network) {
        this.workspace = network.workspace();
        this.trained = network.trained();
        this.weights = new DenseTwins(
                workspace,
                trained.stream()
                        .filter(parameter -> parameter.spec().kind() == Kind.WEIGHT)
                        .toList());
        for (Parameter parameter : trained) {
            boolean dense = weights.has(parameter);
            gradients.add(dense ? weights.of(parameter, Role.GRADIENT) : parameter.gradient());
            sums.add(dense ? weights.of(parameter, Role.SUM) : workspace.values(parameter.space(), Role.SUM));
        }
    }

    Derivatives derivatives() {
        return Derivatives.training(weights);
    }

    /** Adds the squares of a step; recorded with it. */
    void add() {
        for (int i = 0; i < sums.size(); i++) {
            workspace.dense().addSquare(gradients.get(i), sums.get(i));
        }
    }

    /** Starts anew. */
    public void reset() {
        sums.forEach(values -> workspace.dense().fill(values, 0));
    }

    /** The sums since the start, dense tensors under the parameters' names. Waits. */
    public ModelState state() {
        List<TensorState> tensors = new ArrayList<>();
        for (int i = 0; i < sums.size(); i++) {
            tensors.add(state(trained.get(i).spec(), sums.get(i)));
        }
        return new ModelState(tensors);
    }

    private TensorState state(ParameterSpec spec, Values values) {
        float[] host = new float[Math.toIntExact(values.space().nnz())];
        workspace.download(values, MemorySegment.ofArray(host));
        SparsityPattern pattern = values.space().pattern();
        TensorState stored = pattern == null
                ? TensorState.dense(spec.name(), spec.dimensions(), host)
                : TensorState.sparse(spec.name(), spec.dimensions(), pattern, host);
        return TensorState.dense(spec.name(), spec.dimensions(), stored.toDense());
    }
}
