package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.sparsity.DensityRule;
import dev.gossamer.fl.sparsity.HoldersMean;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.Masking;
import dev.gossamer.fl.sparsity.PruningScope;

/**
 * ZeroFL: clients train as SWAT does, and send a little more than what was active.
 *
 * <p>"ZeroFL: Efficient On-Device Training for Federated Learning with Local Sparsity", Qiu, Fernandez-Marques, Gusmao, Gao,
 * Parcollet, Lane, ICLR 2022, section 4; sparsity sp, mask ratio r:
 *
 * <pre>
 * θ_0 random, dense
 * for t = 1 … T, with learning rate η_t:
 *   each client k of the cohort:  θ_k = SWAT-SGD(θ_{t-1}) over its n_k samples, at sparsity sp;  K = ⌈(1 - sp + r)·size⌉
 *     Top-K-Weights:          M = top_K(|θ_k|);             sends θ_k on M
 *     Diff on Top-K-Weights:  M = top_K(|θ_k|);             sends θ_k - θ_{t-1} on M
 *     Top-K-Weights-Diff:     M = top_K(|θ_k - θ_{t-1}|);   sends θ_k - θ_{t-1} on M
 *   Top-K-Weights:  θ_t = Σ_k n_k/n · θ_k, what was not sent counting as 0;  or the mean over those that sent it, what nobody
 *                   sent staying as it is
 *   the others:     θ_t = θ_{t-1} + Σ_k n_k/n · what client k sent
 * </pre>
 *
 * <p>Deviations: biases and batch norms are sent whole, as values or differences like the rest. Exactly K entries are sent,
 * among equal magnitudes those of lower index. Which of the two means the paper took is not known; the published
 * re-implementation has the first. With K = size all rules are FedAvg, and are taken as such, without rounding a difference. The
 * re-implementation overwrites the clients' weights by the active ones in every forward pass, which loses SWAT's dense copy;
 * here it is kept.
 *
 * @param training whose {@code sparse} has sp
 * @param upload what is sent
 * @param density 1 - sp + r, at most 1
 * @param scope what the mask is over: weights of linear layers and convolutions
 * @param perLayer whether each tensor has its own threshold, rather than all together
 * @param holders whether Top-K-Weights takes the mean over those that sent an entry
 */
public record ZeroFl(
        ModelSpec spec,
        LocalTraining training,
        Upload upload,
        double density,
        PruningScope scope,
        boolean perLayer,
        boolean holders)
        implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "zerofl";

    /** What a client sends. */
    public enum Upload {
        /** Its largest weights. */
        TOP_K_WEIGHTS,
        /** What training changed of its largest weights. */
        DIFF_ON_TOP_K_WEIGHTS,
        /** What training changed most. */
        TOP_K_WEIGHTS_DIFF
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ServerState init(long seed) {
        return new ServerState(0, spec.initial(seed));
    }

    @Override
    public ModelState inferenceModel(ModelState model) {
        return training.sparse().selected(spec, model);
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        if (DensityRule.kept(density, scope.size()) == scope.size()) {
            return Averaging.round(NAME, state, cohort, new TrainAndSend(training), clients);
        }
        ClientWork work = new Work(training, upload, density, scope, perLayer);
        if (upload != Upload.TOP_K_WEIGHTS) {
            Averaging.Merged change = Averaging.merge(NAME, state.model(), cohort, work, clients);
            return new RoundOutcome(
                    new ServerState(cohort.round(), state.model().plus(change.mean())), change.traffic());
        }
        return holders
                ? meanOfHolders(state, cohort, work, clients)
                : Averaging.round(NAME, state, cohort, work, clients);
    }

    private static RoundOutcome meanOfHolders(ServerState state, Cohort cohort, ClientWork work, ClientRunner clients) {
        HoldersMean mean = new HoldersMean(state.model());
        Traffic traffic = Exchange.run(
                NAME, state.model(), cohort, work, clients, update -> mean.add(update.model(), update.samples()));
        return new RoundOutcome(new ServerState(cohort.round(), Masking.over(mean.result(), state.model())), traffic);
    }

    /** The client's half. */
    private record Work(LocalTraining training, Upload upload, double density, PruningScope scope, boolean perLayer)
            implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            ModelState old = Masking.withoutMasks(received);
            client.load(old);
            TrainingReport report = client.train(training);
            ModelState trained = client.state();
            return switch (upload) {
                case TOP_K_WEIGHTS -> {
                    ModelState sent = top(trained);
                    yield new Reply(sent, report.pruned(MagnitudePruning.error(trained, sent)));
                }
                case DIFF_ON_TOP_K_WEIGHTS -> new Reply(Masking.alike(trained.minus(old), top(trained)), report);
                case TOP_K_WEIGHTS_DIFF -> new Reply(top(trained.minus(old)), report);
            };
        }

        private ModelState top(ModelState model) {
            if (!perLayer) {
                return scope.keepTop(model, DensityRule.kept(density, scope.size()));
            }
            ModelState left = model;
            for (TensorState tensor : model.tensors()) {
                if (scope.covers(tensor)) {
                    left = MagnitudePruning.keepTop(
                            left,
                            other -> other.name().equals(tensor.name()),
                            DensityRule.kept(density, tensor.size()));
                }
            }
            return left;
        }
    }
}
