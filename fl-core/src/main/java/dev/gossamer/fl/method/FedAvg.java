package dev.gossamer.fl.method;

import dev.gossamer.fl.nn.ModelSpec;

/**
 * Federated averaging.
 *
 * <p>"Communication-Efficient Learning of Deep Networks from Decentralized Data", McMahan, Moore, Ramage, Hampson, Agüera y
 * Arcas, AISTATS 2017, Algorithm 1:
 *
 * <pre>
 * θ_0 random
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples
 *   θ_t = Σ_k n_k/n · θ_k,  n = Σ_k n_k over the cohort
 * </pre>
 *
 * <p>Deviations: none. The sum is kept in doubles and rounded once.
 */
public record FedAvg(ModelSpec spec, LocalTraining training) implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "fedavg";

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
        return Averaging.round(NAME, state, cohort, new TrainAndSend(training), clients);
    }
}
