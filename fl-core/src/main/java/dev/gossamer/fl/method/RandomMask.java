package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.PruningSchedule;
import dev.gossamer.fl.sparsity.RandomPruning;

/**
 * FedSparsify's baseline Random: the schedule of {@link FedSparsifyGlobal}, but a random order of the parameters says which go.
 *
 * <p>"Federated Progressive Sparsification (Purge, Merge, Tune)+", Stripelis, Gupta, Ver Steeg, Ambite, 2022, section 5:
 *
 * <pre>
 * θ_0 random, dense; π a random permutation of the trainable parameters
 * for t = 1 … T:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step
 *   θ_t = Σ_k n_k/n · θ_k without the first ⌊s_t · size⌋ entries of π
 * </pre>
 *
 * <p>Deviations: none.
 */
public record RandomMask(ModelSpec spec, LocalTraining training, PruningSchedule schedule, RandomPruning pruning)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "random";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ServerState init(long seed) {
        return new ServerState(0, spec.initial(seed));
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        Averaging.Merged merged = Averaging.merge(NAME, state.model(), cohort, new TrainAndSend(training), clients);
        long keep = schedule.keptAt(cohort.round(), pruning.scope().size());
        ModelState pruned = pruning.keep(merged.mean(), keep);
        return new RoundOutcome(
                new ServerState(cohort.round(), pruned),
                merged.traffic(),
                MagnitudePruning.error(merged.mean(), pruned));
    }
}
