package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.ParameterSpec;
import dev.gossamer.fl.sparsity.HoldersMean;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.PruneRegrow;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * FedDST: sparse from the start and at constant sparsity; in some rounds clients exchange a part of their masks.
 *
 * <p>"Federated Dynamic Sparse Training: Computing Less, Communicating Less, Yet Learning Better", Bibikar, Vikalo, Wang, Chen,
 * AAAI 2022, Algorithm 1; counts of the layers: ERK:
 *
 * <pre>
 * θ_0 random, pruned by magnitude to each layer's count at sparsity S
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step
 *     if t is a multiple of R_adj and t &lt; R_end, a = α/2·(1 + cos(t·π/R_end)):
 *       prune each layer to sparsity S + (1 - S)·a by magnitude, then let it grow back to S where |∂L/∂θ| of what is inactive is
 *       largest; what grows starts at 0
 *   θ = Σ_k n_k·m_k·θ_k / Σ_k n_k·m_k, with the union of the masks
 *   θ_t = θ pruned by magnitude to each layer's count at sparsity S
 * </pre>
 *
 * <p>Deviations: gradients that say what grows are of all of a client's samples, at the end of its last pass. Masks travel with
 * every model, as its pattern; they cost what the codec makes of them.
 *
 * @param exchange S, α and R_end
 * @param adjustEvery R_adj, at least 1
 * @param scope what is sparse: weights of linear layers and convolutions
 */
public record FedDst(ModelSpec spec, LocalTraining training, PruneRegrow exchange, int adjustEvery, PruningScope scope)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "feddst";

    public FedDst {
        exchange.check(
                spec.parameters().stream()
                        .filter(parameter -> scope.names().contains(parameter.name()))
                        .map(ParameterSpec::dimensions)
                        .toList(),
                adjustEvery);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ServerState init(long seed) {
        return new ServerState(0, exchange.prune(spec.initial(seed), scope::covers));
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        boolean adjusts = cohort.round() % adjustEvery == 0 && cohort.round() < exchange.endRound();
        ClientWork work = adjusts ? new Work(training, exchange, scope) : new TrainAndSend(training);
        HoldersMean mean = new HoldersMean(state.model());
        Traffic traffic = Exchange.run(
                NAME, state.model(), cohort, work, clients, update -> mean.add(update.model(), update.samples()));
        ModelState union = mean.result();
        ModelState pruned = exchange.prune(union, scope::covers);
        return new RoundOutcome(
                new ServerState(cohort.round(), pruned), traffic, MagnitudePruning.error(union, pruned));
    }

    /** The client's half in a round that adjusts masks. */
    private record Work(LocalTraining training, PruneRegrow exchange, PruningScope scope) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            client.load(received);
            TrainingReport report = client.train(training);
            ModelState trained = client.state();
            ModelState gradient = client.gradient(GradientSettings.TRAINING, client.draw(Integer.MAX_VALUE));
            ModelState adjusted = exchange.adjust(trained, gradient, scope::covers, client.round());
            return new Reply(adjusted, report);
        }
    }
}
