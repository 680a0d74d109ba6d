package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.PruningScope;
import dev.gossamer.fl.sparsity.SnipSaliency;

/**
 * SNIP at one client: before the first round it finds, from one batch, the connections that the loss is most sensitive to;
 * everybody trains in that mask from then on.
 *
 * <p>"SNIP: Single-Shot Network Pruning Based on Connection Sensitivity", Lee, Ajanthan, Torr, ICLR 2019, Algorithm 1, as
 * FedSparsify (Stripelis et al., 2022) compares with it:
 *
 * <pre>
 * θ_0 random
 * one client of the first cohort, on one batch:  S_j = |θ_j·∂L/∂θ_j|;  m = top round(n·(1 - s)) of S over weights and biases
 * θ_0 = θ_0 ⊙ m
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step
 *   θ_t = Σ_k n_k/n · θ_k
 * </pre>
 *
 * <p>Deviations: exactly that many are left, among equal scores those of lower index. Weights start as the model's initialiser
 * has them, where the paper asks for variance scaling.
 *
 * @param spec without Powerpropagation
 * @param sparsity s
 * @param scope what is pruned: weights and biases
 * @param samples of the batch
 * @param settings of the loss
 * @param seed chooses the client
 */
public record Snip(
        ModelSpec spec,
        LocalTraining training,
        double sparsity,
        PruningScope scope,
        int samples,
        GradientSettings settings,
        long seed)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "snip";

    public Snip {
        Screening.requireWeights(NAME, spec);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ServerState init(long initialSeed) {
        return new ServerState(0, spec.initial(initialSeed));
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        ClientWork scoring = new Work(scope, SnipSaliency.kept(scope.size(), sparsity), samples, settings);
        return Screening.round(NAME, state, cohort, seed, scoring, new TrainAndSend(training), clients);
    }

    /** The half of the client that finds the mask. */
    private record Work(PruningScope scope, long keep, int samples, GradientSettings settings) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            client.load(received);
            ModelState gradient = client.gradient(settings, client.draw(samples));
            return new Reply(SnipSaliency.prune(received, gradient, scope::covers, keep), TrainingReport.NONE);
        }
    }
}
