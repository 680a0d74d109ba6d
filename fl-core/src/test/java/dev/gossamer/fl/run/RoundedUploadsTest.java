package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.codec.ErrorFeedback;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.RoundedMessage;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FedAvg;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.Reply;
import dev.gossamer.fl.method.RoundOutcome;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.method.TopK;
import dev.gossamer.fl.method.TrainAndSend;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.sparsity.PruningScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Clients that send rounded values, and add what that takes away to what they send next. */
class RoundedUploadsTest extends BackendRounds {

    private static final int CLIENTS = 4;
    private static final ModelSpec SPEC = Models.mlp(TestData.FEATURES, 9, TestData.CLASSES);
    private static final LocalTraining WORK = new LocalTraining(2, 8, 0.3, Sgd.PLAIN);
    private static final FedAvg FEDAVG = new FedAvg(SPEC, WORK);
    private static final List<ValueType> ROUNDED = List.of(ValueType.F16, ValueType.BF16);

    RoundedUploadsTest(String name) {
        super(name, CLIENTS);
    }

    /** Client 0 is asked in the first round and again in the sixth, the others in between. */
    @Test
    void aClientCarriesItsResidualOverToWhenItIsAskedNext() {
        List<Cohort> cohorts = List.of(
                new Cohort(1, List.of(0, 1)),
                new Cohort(2, List.of(1, 2)),
                new Cohort(3, List.of(2)),
                new Cohort(6, List.of(0, 2)));
        List<SparseUpdate> whole = updates(ValueType.F32, cohorts);
        for (ValueType type : ROUNDED) {
            ModelState[] residuals = new ModelState[CLIENTS];
            List<SparseUpdate> expected = new ArrayList<>();
            for (SparseUpdate update : whole) {
                ModelState last = residuals[update.sender()];
                RoundedMessage sent = WireCodec.encodeRounded(
                        last == null ? update : with(update, ErrorFeedback.withResidual(update.model(), last)),
                        type,
                        null);
                residuals[update.sender()] = sent.residual();
                expected.add(WireCodec.decode(sent.message()));
            }
            assertThat(updates(type, cohorts)).isEqualTo(expected);
        }
    }

    private static SparseUpdate with(SparseUpdate update, ModelState model) {
        return new SparseUpdate(update.round(), update.sender(), update.samples(), update.method(), model);
    }

    /** What clients answer to the same model in every round. */
    private List<SparseUpdate> updates(ValueType type, List<Cohort> cohorts) {
        List<SparseUpdate> updates = new ArrayList<>();
        try (LocalClientRunner clients = runner(1, type)) {
            for (Cohort cohort : cohorts) {
                byte[] message = message(cohort.round());
                clients.run(
                        message,
                        cohort,
                        new TrainAndSend(WORK),
                        update -> updates.add(WireCodec.decode(update.message())));
            }
        }
        return updates;
    }

    private static byte[] message(int round) {
        return WireCodec.encode(new SparseUpdate(round, SparseUpdate.SERVER, 0, FEDAVG.name(), SPEC.initial(SEED)));
    }

    @Test
    void whatIsNoModelTravelsAsItIs() {
        ClientWork exact = (client, received) -> new Reply(client.state(), client.train(WORK), true);
        Cohort cohort = new Cohort(1, List.of(3));
        List<byte[]> answers = new ArrayList<>();
        for (ValueType type : ValueType.values()) {
            try (LocalClientRunner clients = runner(1, type)) {
                clients.run(message(1), cohort, exact, update -> answers.add(update.message()));
            }
        }
        assertThat(answers.get(1)).isEqualTo(answers.get(0));
        assertThat(answers.get(2)).isEqualTo(answers.get(0));
    }

    @Test
    void roundedRunsFollowTheExactOneAndSendTwoBytesForEachValue() {
        List<RoundOutcome> exact = run(FEDAVG, 8, ValueType.F32, 1);
        ModelState reference = exact.getLast().state().model();
        double moved = distance(reference, SPEC.initial(SEED));
        for (ValueType type : ROUNDED) {
            List<RoundOutcome> rounded = run(FEDAVG, 8, type, 1);
            assertThat(distance(rounded.getLast().state().model(), reference))
                    .as("%s", type)
                    .isPositive()
                    .isLessThan((type == ValueType.F16 ? 2e-3 : 2e-2) * moved);
            long values = CLIENTS * SPEC.parameterCount();
            long around = rounded.getLast().traffic().bytesUp() - 2 * values;
            assertThat(around).isBetween(50L * CLIENTS, 200L * CLIENTS);
            assertThat(exact.getLast().traffic().bytesUp()).isBetween(3 * values, 4 * values);
            assertThat(rounded.getLast().traffic().bytesDown())
                    .isEqualTo(exact.getLast().traffic().bytesDown());
        }
    }

    private static double distance(ModelState a, ModelState b) {
        ModelState difference = a.minus(b);
        double sum = 0;
        for (TensorState tensor : difference.tensors()) {
            for (float value : tensor.values()) {
                sum += (double) value * value;
            }
        }
        return Math.sqrt(sum);
    }

    /** A step far below the last place of what it is added to: rounding alone would lose it in every round. */
    @Test
    void smallStepsAddUp() {
        LocalTraining slow = new LocalTraining(1, 8, 2e-5, Sgd.PLAIN);
        int rounds = 60;
        ModelState exact = run(new FedAvg(SPEC, slow), rounds, ValueType.F32, 2)
                .getLast()
                .state()
                .model();
        ModelState initial = SPEC.initial(SEED);
        ModelState rounded = run(new FedAvg(SPEC, slow), rounds, ValueType.BF16, 2)
                .getLast()
                .state()
                .model();
        double moved = projection(rounded.minus(initial), exact.minus(initial));
        assertThat(moved).isBetween(0.5, 1.5);
    }

    /** How far a goes along b, 1 being as far as b. */
    private static double projection(ModelState a, ModelState b) {
        double along = 0;
        double square = 0;
        for (int i = 0; i < a.tensors().size(); i++) {
            float[] left = a.tensors().get(i).values();
            float[] right = b.tensors().get(i).values();
            for (int j = 0; j < left.length; j++) {
                along += (double) left[j] * right[j];
                square += (double) right[j] * right[j];
            }
        }
        return along / square;
    }

    /** Masks that change from round to round. */
    @Test
    void threadsChangeNoBit() {
        TopK method = new TopK(SPEC, WORK, 0.7, PruningScope.weights(SPEC));
        assertThat(run(method, 4, ValueType.F16, 3).getLast().state())
                .isEqualTo(run(method, 4, ValueType.F16, 1).getLast().state());
    }

    @Test
    void everyMethodRunsWithRoundedUploads() {
        for (String method : MethodCatalog.names()) {
            ExperimentConfig config = ExperimentConfig.resolve(
                    null, Map.of("method", method, "momentum", "0.5", "rounds", "12", "uploadValues", "float16"));
            FederatedMethod made = MethodCatalog.named(method)
                    .factory()
                    .make(SPEC, new LocalTraining(1, 8, 0.1, new Sgd(0.5f, false, 0, 0)), config);
            assertThat(run(made, 3, ValueType.of(config.uploadValues()), 2)
                            .getLast()
                            .traffic()
                            .refused())
                    .as(method)
                    .isEmpty();
        }
    }

    /** NaN is for the server to refuse, as it is where values are not rounded. */
    @Test
    void aModelThatDivergesIsRefusedByTheServer() {
        FedAvg wild = new FedAvg(SPEC, new LocalTraining(3, 8, 1e30, Sgd.PLAIN));
        for (ValueType type : ValueType.values()) {
            assertThatThrownBy(() -> run(wild, 1, type, 1))
                    .as("%s", type)
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("0 of 4 clients sent what can be");
        }
    }

    private LocalClientRunner runner(int threads, ValueType type) {
        return new LocalClientRunner(backend, SPEC, data, parts, SEED, threads, type);
    }

    private List<RoundOutcome> run(FederatedMethod method, int rounds, ValueType type, int threads) {
        List<Integer> all = IntStream.range(0, CLIENTS).boxed().toList();
        List<RoundOutcome> outcomes = new ArrayList<>();
        try (LocalClientRunner clients = runner(threads, type)) {
            ServerState state = method.init(SEED);
            for (int round = 1; round <= rounds; round++) {
                RoundOutcome outcome = method.round(state, new Cohort(round, all), clients);
                state = outcome.state();
                outcomes.add(outcome);
            }
        }
        return outcomes;
    }
}
