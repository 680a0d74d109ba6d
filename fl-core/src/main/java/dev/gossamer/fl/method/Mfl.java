package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.Map;

/**
 * Momentum federated learning: clients train with momentum, and the server averages model and momentum.
 *
 * <p>"Accelerating Federated Learning via Momentum Gradient Descent", Liu, Chen, Chen, Zhang, IEEE Transactions on Parallel and
 * Distributed Systems 31(8), 2020, Algorithm 1:
 *
 * <pre>
 * θ_0 random, d_0 = 0
 * for t = 1, 2, …:
 *   each client k of the cohort, from θ_{t-1} and d_{t-1}, for each step of its n_k samples:
 *     d_k = γ·d_k + ∇F_k(θ_k)
 *     θ_k = θ_k - η·d_k
 *   θ_t = Σ_k n_k/n · θ_k
 *   d_t = Σ_k n_k/n · d_k
 * </pre>
 *
 * <p>Twice FedAvg's communication, both ways. Deviations: mini-batches, where the paper's clients take full gradients. The
 * code published with FedSparsify averages the model only; that is fedavg with momentum.
 *
 * @param training whose rule has the momentum γ, above 0
 */
public record Mfl(ModelSpec spec, LocalTraining training) implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "mfl";

    private static final String MOMENTUM = "momentum";

    /** Before a parameter's name: the momentum of that parameter, in messages. */
    private static final String PREFIX = MOMENTUM + ":";

    public Mfl {
        if (!(training.rule().momentum() > 0)) {
            throw new IllegalArgumentException("Method " + NAME + " averages momentum, so momentum must be above 0");
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ServerState init(long seed) {
        ModelState model = spec.initial(seed);
        return new ServerState(0, model, Map.of(MOMENTUM, model.zeros(spec.trainedNames())));
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        Averaging.Merged merged = Averaging.merge(
                NAME, state.model().with(PREFIX, state.recall(MOMENTUM)), cohort, new Work(training), clients);
        ModelState model = merged.mean().without(PREFIX);
        ServerState next = new ServerState(
                cohort.round(), model, Map.of(MOMENTUM, merged.mean().only(PREFIX)));
        return new RoundOutcome(next, merged.traffic());
    }

    /** The client's half. */
    private record Work(LocalTraining training) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            client.load(received.without(PREFIX));
            TrainingReport report = client.train(training, received.only(PREFIX));
            return new Reply(client.state().with(PREFIX, client.momentum()), report);
        }
    }
}
