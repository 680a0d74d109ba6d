package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Federated averaging with momentum at the server.
 *
 * <p>"Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification", Hsu, Qi, Brown, 2019,
 * section 3.2:
 *
 * <pre>
 * θ_0 random, v = 0
 * for t = 1, 2, …:
 *   each client k of the cohort:  θ_k = SGD(θ_{t-1}) over its n_k samples
 *   Δ = Σ_k n_k/n · (θ_{t-1} - θ_k)
 *   v = β·v + Δ
 *   θ_t = θ_{t-1} - η_s·v
 * </pre>
 *
 * <p>Deviations: statistics of batch normalisations, which no gradient moves, are the clients' mean. With β = 0 and η_s = 1 the
 * formula is the mean itself, and is taken as such: this is FedAvg to the bit. v is kept in f32.
 *
 * @param beta β, in [0, 1)
 * @param rate η_s, above 0
 */
public record FedAvgM(ModelSpec spec, LocalTraining training, double beta, double rate) implements FederatedMethod {

    /** The name it is chosen by. */
    public static final String NAME = "fedavgm";

    private static final String VELOCITY = "velocity";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ServerState init(long seed) {
        ModelState model = spec.initial(seed);
        return new ServerState(0, model, Map.of(VELOCITY, model.zeros(spec.trainedNames())));
    }

    @Override
    public RoundOutcome round(ServerState state, Cohort cohort, ClientRunner clients) {
        Averaging.Merged merged = Averaging.merge(NAME, state.model(), cohort, new TrainAndSend(training), clients);
        ModelState velocity = state.recall(VELOCITY);
        Set<String> trained = spec.trainedNames();
        List<TensorState> models = new ArrayList<>();
        List<TensorState> velocities = new ArrayList<>();
        for (int i = 0; i < merged.mean().tensors().size(); i++) {
            TensorState mean = merged.mean().tensors().get(i);
            if (trained.contains(mean.name())) {
                TensorState last = velocity.tensor(mean.name());
                move(state.model().tensors().get(i), mean, last, models, velocities);
            } else {
                models.add(mean);
            }
        }
        ServerState next =
                new ServerState(cohort.round(), new ModelState(models), Map.of(VELOCITY, new ModelState(velocities)));
        return new RoundOutcome(next, merged.traffic());
    }

    private void move(
            TensorState from,
            TensorState mean,
            TensorState last,
            List<TensorState> models,
            List<TensorState> velocities) {
        float[] old = from.toDense();
        float[] target = mean.toDense();
        float[] v = last.values().clone();
        for (int p = 0; p < v.length; p++) {
            double moved = beta * v[p] + ((double) old[p] - target[p]);
            v[p] = (float) moved;
            if (beta != 0 || rate != 1) {
                target[p] = (float) (old[p] - rate * moved);
            }
        }
        models.add(mean.with(null, target));
        velocities.add(last.with(null, v));
    }
}
