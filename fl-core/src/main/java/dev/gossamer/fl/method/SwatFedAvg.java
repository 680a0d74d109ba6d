package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.nn.ModelSpec;

/**
 * Sparse weight activation training in federated averaging: ZeroFL's own baseline. Clients multiply with their largest weights
 * and save their largest activations, but all weights are trained, and all are sent.
 *
 * <p>"Sparse Weight Activation Training", Raihan, Aamodt, NeurIPS 2020 (the client), in Algorithm 1 of "Communication-Efficient
 * Learning of Deep Networks from Decentralized Data", McMahan et al., AISTATS 2017, as "ZeroFL: Efficient On-Device Training for
 * Federated Learning with Local Sparsity", Qiu et al., ICLR 2022, section 3, does it:
 *
 * <pre>
 * θ_0 random, dense
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SWAT-SGD(θ_{t-1}) over its n_k samples
 *   θ_t = Σ_k n_k/n · θ_k
 * </pre>
 *
 * <p>Deviations: those of {@link dev.gossamer.fl.nn.SparseTraining}.
 *
 * @param training whose {@code sparse} says which weights multiply and which activations are saved
 */
public record SwatFedAvg(ModelSpec spec, LocalTraining training) implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "swat-fedavg";

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
        return Averaging.round(NAME, state, cohort, new TrainAndSend(training), clients);
    }
}
