package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.GraspScore;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * GraSP at one client: before the first round it finds the weights whose removal hurts the flow of gradients least; everybody
 * trains in what is left.
 *
 * <p>"Picking Winning Tickets Before Training by Preserving Gradient Flow", Wang, Zhang, Grosse, ICLR 2020, Algorithm 1, as
 * FedSparsify (Stripelis et al., 2022) compares with it:
 *
 * <pre>
 * θ_0 random
 * one client of the first cohort, on samples of each class, logits divided by a temperature:
 *   g = ∂L/∂θ;  S = -θ ⊙ H·g;  m = all but the int(n·s) largest S over weights of linear layers and convolutions
 * θ_0 = θ_0 ⊙ m
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples, masked after every step
 *   θ_t = Σ_k n_k/n · θ_k
 * </pre>
 *
 * <p>Deviations: H·g is exact and of all samples at once; the published code adds it up over two halves. Linear layers are not
 * initialised anew before scoring. Exactly that many are left, among equal scores those of lower index.
 *
 * @param spec without Powerpropagation
 * @param sparsity s
 * @param scope what is pruned: weights of linear layers and convolutions
 * @param samplesPerClass as many as the client has, at most
 * @param temperature above 0
 * @param seed chooses the client
 */
public record Grasp(
        ModelSpec spec,
        LocalTraining training,
        double sparsity,
        PruningScope scope,
        int samplesPerClass,
        double temperature,
        long seed)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "grasp";

    public Grasp {
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
        ClientWork scoring = new Work(
                scope, GraspScore.removed(scope.size(), sparsity), samplesPerClass, new GradientSettings(true, (float)
                        temperature));
        return Screening.round(NAME, state, cohort, seed, scoring, new TrainAndSend(training), clients);
    }

    /** The half of the client that finds the mask. */
    private record Work(PruningScope scope, long remove, int samplesPerClass, GradientSettings settings)
            implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            client.load(received);
            ModelState product = client.hessianGradient(settings, client.drawPerClass(samplesPerClass));
            return new Reply(GraspScore.prune(received, product, scope::covers, remove), TrainingReport.NONE);
        }
    }
}
