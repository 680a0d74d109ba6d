package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.PruningSchedule;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * FedSparsify, global variant: the server prunes the average a little more each round, and clients train what is left.
 *
 * <p>"Federated Progressive Sparsification (Purge, Merge, Tune)+", Stripelis, Gupta, Ver Steeg, Ambite, 2022, Algorithm 1
 * with pruning at the server; schedule s_t: equation (1), {@link PruningSchedule}:
 *
 * <pre>
 * θ_0 random, dense
 * for t = 1 … T:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step
 *   θ = Σ_k n_k/n · θ_k
 *   θ_t = θ without its ⌊s_t · size⌋ smallest magnitudes, all trainable tensors under one threshold;
 *         the statistics of batch normalisations are averaged and sent like the rest, but never pruned
 * </pre>
 *
 * <p>Deviations:
 *
 * <ul>
 *   <li>The mask is the pattern in which clients store the model, so what was pruned is neither computed nor updated; the
 *       paper multiplies by the mask before every batch. For plain SGD the weights are the same; with momentum only the
 *       buffers of pruned entries differ, which here do not exist.
 *   <li>Among equal magnitudes the lower index stays, so that the count is exact also with ties.
 *   <li>The mask is kept as such and not derived anew from the non-zeros: a weight that training moves to exactly 0 stays
 *       alive until its rank says otherwise. What was pruned never returns, as in the paper.
 *   <li>Clients start every round with an empty optimiser; the published code lets momentum survive.
 * </ul>
 *
 * @param scope what is pruned, under one threshold
 */
public record FedSparsifyGlobal(ModelSpec spec, LocalTraining training, PruningSchedule schedule, PruningScope scope)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "fedsparsify-global";

    /** With the paper's scope: everything that is trained. */
    public FedSparsifyGlobal(ModelSpec spec, LocalTraining training, PruningSchedule schedule) {
        this(spec, training, schedule, PruningScope.trainable(spec));
    }

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
        ModelState pruned = scope.keepTop(merged.mean(), schedule.keptAt(cohort.round(), scope.size()));
        return new RoundOutcome(
                new ServerState(cohort.round(), pruned),
                merged.traffic(),
                MagnitudePruning.error(merged.mean(), pruned));
    }
}
