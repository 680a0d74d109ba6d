package dev.gossamer.bench;

import dev.gossamer.engine.Backends;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FedSparsifyLocal;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.PruneFl;
import dev.gossamer.fl.method.RoundOutcome;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.method.SparseFedPp;
import dev.gossamer.fl.method.SwatFedAvg;
import dev.gossamer.fl.method.TopK;
import dev.gossamer.fl.method.ZeroFl;
import dev.gossamer.fl.nn.Footprint;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.nn.TrainingFlops;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.LocalClientRunner;
import dev.gossamer.fl.sparsity.PruningScope;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A federated run as {@code gossamer train} has it, stopped before its second round, which then is run as often as is needed to
 * time it: states are immutable, and every time is the same work. The first round is one client's, so that the mask in which
 * clients train has the sparsity asked for, where the union of several clients' masks has less.
 */
final class MethodRun implements AutoCloseable {

    /**
     * What a sparsity is the part of.
     *
     * @param size entries that it is of
     * @param nonZeros entries that are left of them
     * @param tensors that they are in: rules that spread a sparsity over layers round in each
     */
    record Kept(long size, long nonZeros, int tensors) {

        double sparsity() {
            return (double) (size - nonZeros) / size;
        }

        /** Whether that is the sparsity asked for, but for a whole number of entries in each tensor. */
        boolean is(double sparsity) {
            return Math.abs(sparsity() - sparsity) * size <= tensors;
        }
    }

    private final Experiment experiment;
    private final FederatedMethod method;
    private final List<Integer> cohort;
    private final ServerState state;
    private final LocalClientRunner runner;
    private final TimedClients clients;

    /**
     * Runs the first round.
     *
     * @param perRound clients of the others
     */
    MethodRun(MethodCase one, Map<String, String> common, Dataset data, Backends.Choice backend, int perRound) {
        this.experiment = Experiment.prepare(one.config(common), data, backend, 1);
        this.method = experiment.method();
        this.cohort = IntStream.range(0, perRound).boxed().toList();
        ServerState initial = method.init(experiment.config().seed());
        try (LocalClientRunner first = experiment.clients()) {
            this.state = method.round(initial, new Cohort(1, List.of(0)), first).state();
        }
        this.runner = experiment.clients();
        this.clients = new TimedClients(runner);
    }

    /** The second round, once more; its state is dropped. */
    TimedClients.Account round() {
        method.round(state, new Cohort(2, cohort), clients);
        return clients.account();
    }

    /** Bytes of activations that a step saves, as stored; null of methods whose training keeps no account of them. */
    @Nullable
    Long savedActivations() {
        Footprint footprint = runner.footprint();
        return footprint == null ? null : footprint.savedActivations();
    }

    /**
     * The share of the dense step's operations that a step in the timed round does, as {@link TrainingFlops} counts: what could be
     * saved at most.
     */
    double work() {
        TrainingFlops flops = TrainingFlops.of(experiment.spec());
        double[] ones = flops.layers().stream().mapToDouble(layer -> 1).toArray();
        double[] masked = flops.layers().stream()
                .mapToDouble(layer -> {
                    TensorState weight = state.model().tensor(layer.weight());
                    return (double) weight.nnz() / weight.size();
                })
                .toArray();
        double done = switch (method) {
            case TopK _ -> flops.dense();
            case PruneFl _ -> flops.trained(masked, ones);
            case SwatFedAvg swat -> selecting(flops, swat.training().sparse());
            case ZeroFl zerofl -> selecting(flops, zerofl.training().sparse());
            case SparseFedPp plus ->
                flops.pruned(
                        masked,
                        Arrays.stream(masked)
                                .map(density -> Math.max(density, plus.floor()))
                                .toArray());
            default -> flops.pruned(masked, ones);
        };
        return done / flops.dense();
    }

    private double selecting(TrainingFlops flops, SparseTraining sparse) {
        Map<String, Double> densities = sparse.densities(experiment.spec());
        double[] both = flops.layers().stream()
                .mapToDouble(layer -> densities.getOrDefault(layer.weight(), 1.0))
                .toArray();
        return flops.trained(both, both);
    }

    /** Parameters that are left of all that are trained, after the last round; then what the method's sparsity is of. */
    List<Kept> finish() {
        RoundOutcome second = method.round(state, new Cohort(2, cohort), clients);
        ModelState model = method.round(second.state(), new Cohort(3, cohort), clients)
                .state()
                .model();
        Kept all = kept(model, experiment.spec().trainedNames());
        Kept own = switch (method) {
            case SwatFedAvg swat -> multiplying(swat, model);
            case FedSparsifyLocal _, TopK _, SparseFedPp _, ZeroFl _ ->
                clients.sent().stream()
                        .map(state -> kept(state, scope()))
                        .reduce((a, b) -> {
                            if (!a.equals(b)) {
                                throw new AssertionError("Clients of " + method.name() + " send " + a + " and " + b);
                            }
                            return a;
                        })
                        .orElseThrow();
            default -> kept(model, scope());
        };
        return List.of(all, own);
    }

    /** What the method prunes; all that is trained where it has no choice of that. */
    private Set<String> scope() {
        ModelSpec spec = experiment.spec();
        if (method instanceof ZeroFl zerofl) {
            return zerofl.scope().names();
        }
        return experiment.config().options().has("scope")
                ? PruningScope.of(experiment.config().options().text("scope"), spec)
                        .names()
                : spec.trainedNames();
    }

    /** The weights of a step, in the layers that select some. */
    private Kept multiplying(SwatFedAvg swat, ModelState model) {
        Set<String> selecting = swat.training().sparse().densities(swat.spec()).entrySet().stream()
                .filter(layer -> layer.getValue() < 1)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        return kept(swat.training().sparse().selected(swat.spec(), model), selecting);
    }

    private static Kept kept(ModelState model, Set<String> names) {
        List<TensorState> tensors = model.tensors().stream()
                .filter(tensor -> names.contains(tensor.name()))
                .toList();
        return new Kept(
                tensors.stream().mapToLong(TensorState::size).sum(),
                tensors.stream().mapToLong(TensorState::nnz).sum(),
                tensors.size());
    }

    @Override
    public void close() {
        runner.close();
    }
}
