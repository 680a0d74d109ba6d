package dev.gossamer.fl.method;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.nn.ModelSpec;

/**
 * Federated averaging with a proximal term: clients are pulled back to the model that they received.
 *
 * <p>"Federated Optimization in Heterogeneous Networks", Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith, MLSys 2020, Algorithm 2
 * and equation (2):
 *
 * <pre>
 * θ_0 random
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD on F_k(θ) + μ/2·‖θ - θ_{t-1}‖², from θ_{t-1}, over its n_k samples
 *   θ_t = Σ_k n_k/n · θ_k
 * </pre>
 *
 * <p>Deviations: the inexactness γ of the paper is a fixed number of passes, the same for all clients, as in its experiments
 * without stragglers. The anchor is θ_{t-1}; the code published with FedSparsify leaves it at zero, which is weight decay.
 * With μ = 0 this is FedAvg to the bit.
 *
 * @param mu μ, 0 or more
 */
public record FedProx(ModelSpec spec, LocalTraining training, double mu) implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "fedprox";

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
        Sgd rule = training.rule();
        Sgd proximal = new Sgd(rule.momentum(), rule.nesterov(), rule.weightDecay(), (float) mu);
        return Averaging.round(NAME, state, cohort, new TrainAndSend(training.with(proximal)), clients);
    }
}
