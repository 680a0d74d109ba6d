package dev.gossamer.fl.method;

import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * SparseFedPP: Powerpropagation, activations as sparse as their layer's weights, pruning after local training.
 *
 * <p>"Sparse Federated Training with Powerpropagation" (SparseFedPP), Guastella, Sani, Iacob, Mora, Bellavista, Lane, 2024; its
 * published code and the successor "SparsyFed" (ICLR 2025) say what the abstract leaves open:
 *
 * <pre>
 * θ_0 with w(θ_0) random, dense;  w(θ) = sign(θ)·|θ|^α for the weights of linear layers and convolutions
 * for t = 1 … T, with learning rate η_t:
 *   each client k of the cohort, from θ_{t-1}, over its n_k samples:
 *     forward with w(θ), all activations; saved for the way back: of the input of layer l the largest max(1 - s_l, floor),
 *       s_l being the fraction of zeros among the layer's weights
 *     g_θ = g_w · α·|θ|^(α-1): an exact zero stays zero
 *     θ_k = θ without round(s · size) of its smallest magnitudes, all weights under one threshold
 *   θ_t = Σ_k n_k/n · θ_k, zeros included; biases and batch norms too
 * </pre>
 *
 * <p>θ is what is stored, averaged and sent, not w. Since exact zeros do not move, clients train in the mask of the model that
 * they receive, and what it lacks is not computed. Deviations: exactly that many weights are left, among equal magnitudes those
 * of lower index.
 *
 * @param spec whose {@code power} has α
 * @param sparsity s
 * @param scope what is pruned: weights of linear layers and convolutions
 * @param floor least share of an activation that is saved
 */
public record SparseFedPp(ModelSpec spec, LocalTraining training, double sparsity, PruningScope scope, double floor)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "sparsefedpp";

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
        LocalTraining sensitive = training.with(SparseTraining.measured(floor));
        ClientWork work = new TrainAndPrune(sensitive, scope, scope.keptAt(sparsity));
        return Averaging.round(NAME, state, cohort, work, clients);
    }
}
