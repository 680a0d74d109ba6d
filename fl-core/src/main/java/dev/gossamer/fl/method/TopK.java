package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.Masking;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * Naive top-k: clients train densely, and send the largest of their weights.
 *
 * <p>The baseline "Top-k" of SparseFedPP's figure 1, after "Understanding Top-k Sparsification in Distributed Deep Learning",
 * Shi, Chu, Cheung, See, 2019:
 *
 * <pre>
 * θ_0 random, dense
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, all weights free
 *                                 θ_k = θ_k without round(s · size) of its smallest magnitudes, all weights under one threshold
 *   θ_t = Σ_k n_k/n · θ_k, what a client did not send counting as 0
 * </pre>
 *
 * <p>Deviations: exactly that many are left, among equal magnitudes those of lower index. The model sent down has the union of
 * the clients' masks.
 *
 * @param sparsity s
 * @param scope what is pruned: weights of linear layers and convolutions
 */
public record TopK(ModelSpec spec, LocalTraining training, double sparsity, PruningScope scope)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "topk";

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
        return Averaging.round(NAME, state, cohort, new Work(training, scope, scope.keptAt(sparsity)), clients);
    }

    /** The client's half. */
    private record Work(LocalTraining training, PruningScope scope, long keep) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            client.load(Masking.withoutMasks(received));
            TrainingReport report = client.train(training);
            ModelState trained = client.state();
            ModelState sent = scope.keepTop(trained, keep);
            return new Reply(sent, report.pruned(MagnitudePruning.error(trained, sent)));
        }
    }
}
