package dev.gossamer.fl.method;

import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.PruningSchedule;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * FedSparsify, local variant: each client prunes its own model a little more each round, and the server lets the masks vote.
 *
 * <p>"Federated Progressive Sparsification (Purge, Merge, Tune)+", Stripelis, Gupta, Ver Steeg, Ambite, 2022, Algorithm 1
 * with pruning at the clients; schedule s_t: equation (1), {@link PruningSchedule}; vote: equation (2), {@link MajorityVote}:
 *
 * <pre>
 * θ_0 random, dense
 * for t = 1 … T:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step
 *                                 θ_k = θ_k without its smallest magnitudes, so that s_t · size are gone;  m_k its mask
 *   V_i = Σ_k m_k[i]
 *   θ_t[i] = 0 if V_i &lt; N/2, else Σ_k n_k/n · θ_k[i]
 * </pre>
 *
 * <p>Deviations: those of {@link FedSparsifyGlobal}. The published code keeps an entry with ⌊N/2⌋ votes, which differs for an
 * odd N; {@code threshold} has both readings. {@code aggregate} = fedavg takes the mean without a vote, for the paper's
 * figure 9.
 *
 * @param scope what is pruned and voted on
 * @param votes whether masks vote; if not, the mean has the union of the masks
 * @param threshold how many votes are enough
 */
public record FedSparsifyLocal(
        ModelSpec spec,
        LocalTraining training,
        PruningSchedule schedule,
        PruningScope scope,
        boolean votes,
        VoteThreshold threshold)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "fedsparsify-local";

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
        ClientWork work = new TrainAndPrune(training, scope, schedule.keptAt(cohort.round(), scope.size()));
        return votes ? voted(state, cohort, work, clients) : Averaging.round(NAME, state, cohort, work, clients);
    }

    private RoundOutcome voted(ServerState state, Cohort cohort, ClientWork work, ClientRunner clients) {
        MajorityVote vote = new MajorityVote(state.model(), scope, threshold);
        Traffic traffic = Exchange.run(NAME, state.model(), cohort, work, clients, vote);
        return new RoundOutcome(new ServerState(cohort.round(), vote.result()), traffic);
    }
}
