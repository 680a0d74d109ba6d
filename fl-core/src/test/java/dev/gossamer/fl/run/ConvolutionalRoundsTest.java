package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FedAvg;
import dev.gossamer.fl.method.FedSparsifyGlobal;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.LearningRate;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.BatchNormSpec;
import dev.gossamer.fl.nn.ConvSpec;
import dev.gossamer.fl.nn.DropoutSpec;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.PoolSpec;
import dev.gossamer.fl.nn.ResidualBlockSpec;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.sparsity.PruningSchedule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rounds of a network with state and random layers: what is averaged, what is never pruned, what is drawn. */
class ConvolutionalRoundsTest extends BackendRounds {

    private static final int CLIENTS = 3;
    private static final int ROUNDS = 4;
    private static final LocalTraining WORK = new LocalTraining(2, 16, 0.1, new Sgd(0.5f, false, 1e-4f, 0));

    private ModelSpec spec;

    ConvolutionalRoundsTest(String name) {
        super(name, CLIENTS);
    }

    @BeforeEach
    void open() {
        spec = new ModelSpec(
                "small",
                data.one(),
                List.of(
                        new ConvSpec("conv", 4, 3, 1, 1, true, Activation.RELU),
                        BatchNormSpec.keras("bn", Activation.IDENTITY),
                        new ResidualBlockSpec("block", 4, 1),
                        new PoolSpec("pool", PoolSpec.Kind.MAX, new Window(1, 5, 1, 0)),
                        new DropoutSpec("dropout", 0.1f),
                        new LinearSpec("fc", data.classes(), Activation.IDENTITY)));
    }

    @Test
    void statisticsAreAveragedAndSentButNeverPruned() {
        PruningSchedule schedule = PruningSchedule.cubic(0.7, ROUNDS);
        List<ServerState> states = run(new FedSparsifyGlobal(spec, WORK, schedule), 1);

        for (int round = 1; round <= ROUNDS; round++) {
            ModelState model = states.get(round).model();
            assertThat(model.nnz()).isEqualTo(schedule.keptAt(round, spec.parameterCount()) + spec.stateCount());
            for (TensorState tensor : model.tensors()) {
                if (tensor.name().contains("running")) {
                    assertThat(tensor.pattern()).isNull();
                    assertThat(tensor)
                            .isNotEqualTo(states.get(round - 1).model().tensor(tensor.name()));
                }
            }
        }
    }

    @Test
    void bothMethodsLearn() {
        FedSparsifyGlobal sparsify = new FedSparsifyGlobal(spec, WORK, PruningSchedule.cubic(0.7, ROUNDS));
        try (LocalClientRunner clients = runner(2)) {
            for (FederatedMethod method : List.of(sparsify, new FedAvg(spec, WORK))) {
                ServerState last = run(method, clients).getLast();
                assertThat(clients.evaluate(last.model()).accuracy())
                        .as(method.name())
                        .isGreaterThan(0.8);
            }
        }
    }

    @Test
    void averagesStatisticsWeightedBySamples() {
        parts = new int[][] {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {11, 12, 13}, {14}};
        FedAvg method = new FedAvg(spec, WORK);
        List<SparseUpdate> sent = new ArrayList<>();
        try (LocalClientRunner clients = runner(1)) {
            ClientRunner listening = (message, cohort, work, updates) -> clients.run(message, cohort, work, update -> {
                sent.add(WireCodec.decode(update.message()));
                updates.accept(update);
            });
            ModelState after = method.round(method.init(SEED), new Cohort(1, List.of(0, 1)), listening)
                    .state()
                    .model();
            for (String statistic : List.of("bn.running_mean", "block.bn2.running_var")) {
                float[] first = sent.get(0).model().tensor(statistic).values();
                float[] second = sent.get(1).model().tensor(statistic).values();
                float[] mean = after.tensor(statistic).values();
                for (int i = 0; i < mean.length; i++) {
                    assertThat(mean[i]).isEqualTo((float) ((11.0 * first[i] + 3.0 * second[i]) / 14));
                }
                assertThat(first).isNotEqualTo(second);
            }
        }
    }

    @Test
    void threadsAndRepetitionChangeNoBitAlsoOfWhatIsDrawn() {
        LocalTraining varied = new LocalTraining(
                1, 16, LearningRate.constant(0.1), Sgd.PLAIN, Augment.CROP_FLIP, false, SparseTraining.NONE);
        FedAvg method = new FedAvg(spec, varied);
        List<ServerState> one = run(method, 1);

        assertThat(run(method, 1)).isEqualTo(one);
        assertThat(run(method, 3)).isEqualTo(one);
        LocalTraining plain = new LocalTraining(1, 16, 0.1, Sgd.PLAIN);
        assertThat(run(new FedAvg(spec, plain), 1)).isNotEqualTo(one);
    }

    @Test
    void prunedStatisticsAreRefused() {
        FedAvg method = new FedAvg(spec, WORK);
        ModelState start = spec.initial(SEED);
        List<TensorState> tensors = new ArrayList<>(start.tensors());
        tensors.replaceAll(tensor -> tensor.name().equals("bn.running_var")
                ? tensor.with(SparsityPattern.fromFlatIndices(1, 4, new int[] {2}), new float[] {1})
                : tensor);
        ServerState state = new ServerState(0, new ModelState(tensors));
        try (LocalClientRunner clients = runner(1)) {
            assertThatThrownBy(() -> method.round(state, new Cohort(1, List.of(0)), clients))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("bn.running_var")
                    .hasMessageContaining("dense");
        }
    }

    private LocalClientRunner runner(int threads) {
        return new LocalClientRunner(backend, spec, data, parts, SEED, threads);
    }

    private List<ServerState> run(FederatedMethod method, int threads) {
        try (LocalClientRunner clients = runner(threads)) {
            return run(method, clients);
        }
    }

    private static List<ServerState> run(FederatedMethod method, ClientRunner clients) {
        List<ServerState> states = new ArrayList<>(List.of(method.init(SEED)));
        for (int round = 1; round <= ROUNDS; round++) {
            states.add(method.round(states.getLast(), new Cohort(round, List.of(0, 1, 2)), clients)
                    .state());
        }
        return states;
    }
}
