package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.PruneFlAdjustment;
import dev.gossamer.fl.sparsity.PruneFlAdjustment.Costs;

/**
 * PruneFL: the mask is what makes the loss fall fastest for the time that a step takes, found first by one client and adjusted
 * by the server from the gradients of all.
 *
 * <p>"Model Pruning Enables Efficient Federated Learning on Edge Devices", Jiang, Wang, Valls, Ko, Lee, Leung, Tassiulas, IEEE
 * Transactions on Neural Networks and Learning Systems 34(12), 2023, Algorithms 1 and 2:
 *
 * <pre>
 * adjust(θ, G, t):  drop 0.3·0.5^(t/10000) of each layer's smallest active weights;
 *                   of those and of the inactive ones add, in the order of G_j/t_j, while G_j/t_j &gt; Σ_m G / (c + Σ_m t)
 * θ_0 random, dense
 * one client of the first cohort, some times:  train θ_0, with G the sum of squared gradients;  θ_0 = adjust(θ_0, G, 0)
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step;  G_k += g² of every step,
 *                                 for weights that the mask lacks too
 *   θ_t = Σ_k n_k/n · θ_k
 *   if t is a multiple of the interval:  θ_t = adjust(θ_t, Σ_k n_k/n · G_k, t);  all clients set G_k to 0
 * </pre>
 *
 * <p>G is sent in the rounds that adjust only. Deviations: the time of a step is {@link Costs}, by default from counts of
 * operations, where the paper measures a Raspberry Pi; the first client adjusts a fixed number of times, as in the comparison of
 * FedSparsify (Stripelis et al., 2022), where the published code waits for the density to settle. FedSparsify's code ranks by
 * the sum of gradients with their signs; this is the paper's rule.
 *
 * @param costs c, and t of each prunable tensor
 * @param interval rounds from one adjustment to the next
 * @param firstAdjustments how often the first client adjusts
 * @param firstTraining what it does before each
 * @param seed chooses the first client
 */
public record PruneFl(
        ModelSpec spec,
        LocalTraining training,
        Costs costs,
        int interval,
        int firstAdjustments,
        LocalTraining firstTraining,
        long seed)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "prunefl";

    /** Before a parameter's name: the sum of its squared gradients, in messages; and under which clients remember it. */
    private static final String SQUARES = "squares:";

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
        if (state.round() > 0) {
            Averaging.Merged merged = train(state.model(), cohort, clients);
            return new RoundOutcome(new ServerState(cohort.round(), adjusted(merged, cohort)), merged.traffic());
        }
        ClientWork first = new FirstWork(firstTraining, costs, firstAdjustments);
        Screening.Found found = Screening.run(NAME, state, cohort, seed, first, clients);
        Averaging.Merged merged = train(found.model(), cohort, clients);
        return new RoundOutcome(
                new ServerState(cohort.round(), adjusted(merged, cohort)),
                found.traffic().then(merged.traffic()));
    }

    private Averaging.Merged train(ModelState model, Cohort cohort, ClientRunner clients) {
        ClientWork work = new Work(training, sinceAdjustment(cohort.round()), adjusts(cohort));
        ModelState answer = adjusts(cohort) ? model.with(SQUARES, model.zeros(spec.trainedNames())) : model;
        return Averaging.merge(NAME, model, answer, cohort, work, clients);
    }

    private boolean adjusts(Cohort cohort) {
        return cohort.round() % interval == 0;
    }

    /** The first round behind the last adjustment before a round. */
    private int sinceAdjustment(int round) {
        return (round - 1) / interval * interval + 1;
    }

    private ModelState adjusted(Averaging.Merged merged, Cohort cohort) {
        if (!adjusts(cohort)) {
            return merged.mean();
        }
        double fraction = PruneFlAdjustment.dropFraction(cohort.round());
        return PruneFlAdjustment.adjust(
                merged.mean().without(SQUARES), merged.mean().only(SQUARES), costs, fraction);
    }

    /** The half of the client that finds the first mask. */
    private record FirstWork(LocalTraining training, Costs costs, int adjustments) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            ModelState model = received;
            TrainingReport report = TrainingReport.NONE;
            for (int i = 0; i < adjustments; i++) {
                client.load(model);
                Client.Squared trained = client.trainWithSquares(training);
                report = trained.report();
                model = PruneFlAdjustment.adjust(
                        client.state(), trained.squares(), costs, PruneFlAdjustment.dropFraction(0));
            }
            return new Reply(model, report);
        }
    }

    /**
     * The client's half. A client that was not there when masks were last adjusted still has what it gathered before, of weights
     * in other masks: that does not count.
     *
     * @param since the first round whose squares count
     * @param sends whether the server is about to adjust
     */
    private record Work(LocalTraining training, int since, boolean sends) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            client.load(received);
            Client.Squared trained = client.trainWithSquares(training);
            ModelState before = client.recall(SQUARES, since);
            ModelState squares = before == null ? trained.squares() : before.plus(trained.squares());
            if (!sends) {
                client.remember(SQUARES, squares);
                return new Reply(client.state(), trained.report());
            }
            client.forget(SQUARES);
            return new Reply(client.state().with(SQUARES, squares), trained.report(), true);
        }
    }
}
