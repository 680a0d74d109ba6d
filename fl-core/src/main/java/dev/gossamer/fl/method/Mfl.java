package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.ArrayList;
import java.util.List;
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
        List<TensorState> zeros = model.tensors().stream()
                .filter(tensor -> spec.trainedNames().contains(tensor.name()))
                .map(tensor -> tensor.with(null, new float[tensor.values().length]))
                .toList();
        return new ServerState(0, model, Map.of(MOMENTUM, new ModelState(zeros)));
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        Averaging.Merged merged = Averaging.merge(
                NAME, joined(state.model(), state.recall(MOMENTUM)), cohort, new Work(training), clients);
        ModelState model = model(merged.mean());
        ServerState next = new ServerState(cohort.round(), model, Map.of(MOMENTUM, momentum(merged.mean())));
        return new RoundOutcome(next, merged.traffic());
    }

    /** The client's half. */
    private record Work(LocalTraining training) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            client.load(model(received));
            TrainingReport report = client.train(training, momentum(received));
            return new Reply(joined(client.state(), client.momentum()), report);
        }
    }

    private static ModelState joined(ModelState model, ModelState momentum) {
        List<TensorState> tensors = new ArrayList<>(model.tensors());
        momentum.tensors().forEach(tensor -> tensors.add(named(tensor, PREFIX + tensor.name())));
        return new ModelState(tensors);
    }

    private static ModelState model(ModelState joined) {
        return new ModelState(joined.tensors().stream()
                .filter(tensor -> !tensor.name().startsWith(PREFIX))
                .toList());
    }

    private static ModelState momentum(ModelState joined) {
        return new ModelState(joined.tensors().stream()
                .filter(tensor -> tensor.name().startsWith(PREFIX))
                .map(tensor -> named(tensor, tensor.name().substring(PREFIX.length())))
                .toList());
    }

    private static TensorState named(TensorState tensor, String name) {
        return TensorState.dense(name, tensor.shape(), tensor.values());
    }
}
