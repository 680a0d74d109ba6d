package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * Dense federated averaging, pruned once by magnitude; what rounds are left tune what is left.
 *
 * <p>"Learning both Weights and Connections for Efficient Neural Networks", Han, Pool, Tran, Dally, NeurIPS 2015, section 3, as
 * FedSparsify (Stripelis et al., 2022, appendix B) uses it for its baselines OneShot, pruned after the last round, and
 * OneShot with fine-tuning, pruned ten rounds before:
 *
 * <pre>
 * θ_0 random, dense
 * for t = 1 … T:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step
 *   θ_t = Σ_k n_k/n · θ_k
 *   if t = P:  θ_t = θ_t without its s · size smallest magnitudes
 * </pre>
 *
 * <p>Deviations: one threshold for all tensors, as FedSparsify's other baselines have it; Han et al. prune layer by layer, in
 * several iterations.
 *
 * @param name by which it was chosen: {@link #NAME} or {@link #FINE_TUNED}
 * @param sparsity s
 * @param scope what is pruned
 * @param pruneRound P
 */
public record OneShot(
        String name, ModelSpec spec, LocalTraining training, double sparsity, PruningScope scope, int pruneRound)
        implements FederatedMethod {

    /** The name of the method that prunes after the last round. */
    public static final String NAME = "oneshot";

    /** The name of the method that tunes after it has pruned. */
    public static final String FINE_TUNED = "oneshot-finetune";

    @Override
    public ServerState init(long seed) {
        return new ServerState(0, spec.initial(seed));
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        Averaging.Merged merged = Averaging.merge(name, state.model(), cohort, new TrainAndSend(training), clients);
        if (cohort.round() != pruneRound) {
            return new RoundOutcome(new ServerState(cohort.round(), merged.mean()), merged.traffic());
        }
        // As schedules count: int(s·n) go.
        long keep = scope.size() - (long) (sparsity * scope.size());
        ModelState pruned = scope.keepTop(merged.mean(), keep);
        return new RoundOutcome(
                new ServerState(cohort.round(), pruned),
                merged.traffic(),
                MagnitudePruning.error(merged.mean(), pruned));
    }
}
