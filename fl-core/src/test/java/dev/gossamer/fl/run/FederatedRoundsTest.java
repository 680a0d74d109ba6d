package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FedAvg;
import dev.gossamer.fl.method.FedSparsifyGlobal;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.LearningRate;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.RoundOutcome;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.method.Traffic;
import dev.gossamer.fl.method.TrainAndSend;
import dev.gossamer.fl.method.WeightedMean;
import dev.gossamer.fl.nn.Augment;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.nn.SparseTraining;
import dev.gossamer.fl.sparsity.MagnitudePruning;
import dev.gossamer.fl.sparsity.PruningSchedule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The methods over the local runner: what is pruned, what is sent, and that threads change nothing. */
class FederatedRoundsTest extends BackendRounds {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = 5;
    private static final ModelSpec SPEC = Models.mlp(TestData.FEATURES, 9, TestData.CLASSES);
    private static final LocalTraining WORK = new LocalTraining(2, 8, 0.3, Sgd.PLAIN);
    private static final PruningSchedule SCHEDULE = PruningSchedule.cubic(0.8, ROUNDS);
    private static final FedSparsifyGlobal SPARSIFY = new FedSparsifyGlobal(SPEC, WORK, SCHEDULE);

    FederatedRoundsTest(String name) {
        super(name, CLIENTS);
    }

    @Test
    void sparsityFollowsTheScheduleAndMasksAreNested() {
        List<ServerState> states = run(SPARSIFY, 1);

        for (int round = 1; round <= ROUNDS; round++) {
            ModelState model = states.get(round).model();
            assertThat(model.nnz()).isEqualTo(SCHEDULE.keptAt(round, SPEC.parameterCount()));
            assertNested(states.get(round - 1).model(), model);
        }
        long size = SPEC.parameterCount();
        assertThat(states.getLast().model().nnz()).isEqualTo(size - (long) (0.8 * size));
    }

    @Test
    void bothMethodsLearn() {
        try (LocalClientRunner clients = runner(2)) {
            assertThat(clients.evaluate(SPEC.initial(SEED)).accuracy()).isLessThan(0.6);
            for (FederatedMethod method : List.of(SPARSIFY, new FedAvg(SPEC, WORK))) {
                Evaluation test =
                        clients.evaluate(run(method, clients).getLast().model());
                assertThat(test.samples()).isEqualTo(TestData.TEST);
                assertThat(test.accuracy()).as(method.name()).isGreaterThan(0.9);
            }
        }
    }

    @Test
    void threadsAndRepetitionChangeNoBit() {
        List<ServerState> one = run(SPARSIFY, 1);

        assertThat(run(SPARSIFY, 1)).isEqualTo(one);
        assertThat(run(SPARSIFY, 2)).isEqualTo(one);
        assertThat(run(SPARSIFY, 3)).isEqualTo(one);
        ModelState model = one.getLast().model();
        try (LocalClientRunner single = runner(1);
                LocalClientRunner several = runner(3)) {
            assertThat(several.evaluate(model)).isEqualTo(single.evaluate(model));
        }
    }

    @Test
    void withoutPruningTheRoundsAreThoseOfFedAvg() {
        FedSparsifyGlobal dense = new FedSparsifyGlobal(SPEC, WORK, PruningSchedule.cubic(0, ROUNDS));

        assertThat(run(dense, 1).getLast().model())
                .isEqualTo(run(new FedAvg(SPEC, WORK), 1).getLast().model());
    }

    @Test
    void averagesWhatTheClientsSentWeightedBySamples() {
        int[][] uneven = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {11, 12, 13}};
        FedAvg method = new FedAvg(SPEC, WORK);
        WeightedMean mean = new WeightedMean(SPEC.initial(SEED));
        List<Long> samples = new ArrayList<>();
        try (LocalClientRunner clients = new LocalClientRunner(backend, SPEC, data, uneven, SEED, 1)) {
            ClientRunner listening = (message, cohort, work, updates) -> clients.run(message, cohort, work, update -> {
                var sent = WireCodec.decode(update.message());
                mean.add(sent.model(), sent.samples());
                samples.add(sent.samples());
                updates.accept(update);
            });
            ServerState after = method.round(method.init(SEED), new Cohort(1, List.of(0, 1)), listening)
                    .state();
            assertThat(samples).containsExactly(11L, 3L);
            assertThat(after.model()).isEqualTo(mean.result());
        }
    }

    @Test
    void bytesAreTheLengthsOfWhatWasHandedOver() {
        AtomicLong down = new AtomicLong();
        AtomicLong up = new AtomicLong();
        try (LocalClientRunner clients = runner(2)) {
            ClientRunner counting = (message, cohort, work, updates) -> {
                down.addAndGet((long) message.length * cohort.clients().size());
                clients.run(message, cohort, work, update -> {
                    up.addAndGet(update.message().length);
                    updates.accept(update);
                });
            };
            ServerState state = SPARSIFY.init(SEED);
            for (int round = 1; round <= ROUNDS; round++) {
                down.set(0);
                up.set(0);
                RoundOutcome outcome = SPARSIFY.round(state, new Cohort(round, List.of(1, 2, 5)), counting);
                state = outcome.state();
                assertThat(outcome.traffic().bytesDown()).isEqualTo(down.get()).isPositive();
                assertThat(outcome.traffic().bytesUp()).isEqualTo(up.get()).isPositive();
                assertThat(outcome.traffic().asked()).isEqualTo(3);
                assertThat(outcome.traffic().answered()).isEqualTo(3);
            }
        }
    }

    @Test
    void clientsDoNotSendTheMasksThatTheServerHas() {
        Cohort cohort = new Cohort(1, List.of(1, 2));
        List<byte[]> answers = new ArrayList<>();
        List<byte[]> sent = new ArrayList<>();
        try (LocalClientRunner clients = runner(1)) {
            ClientRunner listening = (message, asked, work, updates) -> {
                sent.add(message);
                clients.run(message, asked, work, update -> {
                    answers.add(update.message());
                    updates.accept(update);
                });
            };
            ModelState pruned = MagnitudePruning.keepTop(SPEC.initial(SEED), 100);
            ServerState after = new FedAvg(SPEC, WORK)
                    .round(new ServerState(0, pruned), cohort, listening)
                    .state();
            assertThat(after.model().nnz()).isEqualTo(100);
            for (byte[] answer : answers) {
                assertThat(answer).hasSizeLessThan(sent.getFirst().length);
                assertThat(WireCodec.decode(answer, DecodeOptions.DEFAULT, pruned)
                                .model()
                                .tensor("fc1.weight")
                                .pattern())
                        .isEqualTo(pruned.tensor("fc1.weight").pattern());
                assertThatThrownBy(() -> WireCodec.decode(answer)).hasMessageContaining("'fc1.weight'");
            }
        }
    }

    @Test
    void aByteFlippedOnTheWayDownIsRefusedByTheClient() {
        try (LocalClientRunner clients = runner(2)) {
            ClientRunner damaging =
                    (message, cohort, work, updates) -> clients.run(flipped(message), cohort, work, updates);

            assertThatThrownBy(() -> SPARSIFY.round(SPARSIFY.init(SEED), new Cohort(1, List.of(3, 4)), damaging))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("Client 3 in round 1")
                    .hasMessageContaining("damaged");
            // The threads are still good.
            assertThat(run(SPARSIFY, clients)).isEqualTo(run(SPARSIFY, 1));
        }
    }

    @Test
    void aByteFlippedOnTheWayUpIsRefusedAndTheRoundGoesOnWithoutIt() {
        try (LocalClientRunner clients = runner(2)) {
            ClientRunner damaging = (message, cohort, work, updates) -> clients.run(
                    message, cohort, work, update -> updates.accept(update.client() == 4 ? damaged(update) : update));

            RoundOutcome outcome = SPARSIFY.round(SPARSIFY.init(SEED), new Cohort(1, List.of(3, 4)), damaging);

            Traffic traffic = outcome.traffic();
            assertThat(traffic.asked()).isEqualTo(2);
            assertThat(traffic.answered()).isEqualTo(1);
            assertThat(traffic.refused()).singleElement().satisfies(refusal -> {
                assertThat(refusal.client()).isEqualTo(4);
                assertThat(refusal.reason()).contains("damaged");
            });
            assertThat(outcome.state())
                    .isEqualTo(SPARSIFY.round(SPARSIFY.init(SEED), new Cohort(1, List.of(3)), clients)
                            .state());
        }
    }

    @Test
    void anUpdateOfAnotherClientIsRefused() {
        try (LocalClientRunner clients = runner(1)) {
            ClientRunner mixing = (message, cohort, work, updates) -> clients.run(
                    message,
                    cohort,
                    work,
                    update -> updates.accept(new ClientUpdate(5, update.message(), update.report(), 0, 0, 0)));

            assertThatThrownBy(() -> SPARSIFY.round(SPARSIFY.init(SEED), new Cohort(1, List.of(3)), mixing))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("client 3");
        }
    }

    @Test
    void aModelThatDivergesIsRefusedNamingTheClient() {
        LocalTraining wild = new LocalTraining(3, 8, 1e30, Sgd.PLAIN);
        FedAvg method = new FedAvg(SPEC, wild);
        try (LocalClientRunner clients = runner(1)) {
            assertThatThrownBy(() -> method.round(method.init(SEED), new Cohort(1, List.of(2)), clients))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("Client 2 in round 1");
        }
    }

    @Test
    void momentumStartsEmptyForEveryClient() {
        LocalTraining momentum = new LocalTraining(2, 8, 0.1, new Sgd(0.9f, false, 0, 0));
        TrainAndSend work = new TrainAndSend(momentum);
        FedAvg method = new FedAvg(SPEC, momentum);
        byte[] message = WireCodec.encode(new dev.gossamer.fl.codec.SparseUpdate(
                1, dev.gossamer.fl.codec.SparseUpdate.SERVER, 0, method.name(), SPEC.initial(SEED)));
        List<byte[]> answers = new ArrayList<>();
        try (LocalClientRunner clients = runner(1)) {
            clients.run(message, new Cohort(1, List.of(0, 1)), work, update -> answers.add(update.message()));
            clients.run(message, new Cohort(1, List.of(1)), work, update -> answers.add(update.message()));
        }
        assertThat(answers.get(2)).isEqualTo(answers.get(1));
    }

    @Test
    void clientsThatKeepTheirMomentumGoOnWithItInTheirMask() {
        Sgd rule = new Sgd(0.9f, false, 0, 0);
        LocalTraining keeping =
                new LocalTraining(1, 8, LearningRate.constant(0.05), rule, Augment.NONE, true, SparseTraining.NONE);
        LocalTraining forgetting = new LocalTraining(1, 8, 0.05, rule);
        List<ServerState> kept = run(new FedSparsifyGlobal(SPEC, keeping, SCHEDULE), 1);
        List<ServerState> forgotten = run(new FedSparsifyGlobal(SPEC, forgetting, SCHEDULE), 1);

        assertThat(kept.get(1)).isEqualTo(forgotten.get(1));
        assertThat(kept.get(2)).isNotEqualTo(forgotten.get(2));
        assertThat(kept.getLast().model().nnz()).isEqualTo(SCHEDULE.keptAt(ROUNDS, SPEC.parameterCount()));
        assertThat(run(new FedSparsifyGlobal(SPEC, keeping, SCHEDULE), 3)).isEqualTo(kept);
    }

    private LocalClientRunner runner(int threads) {
        return new LocalClientRunner(backend, SPEC, data, parts, SEED, threads);
    }

    private List<ServerState> run(FederatedMethod method, int threads) {
        try (LocalClientRunner clients = runner(threads)) {
            return run(method, clients);
        }
    }

    private static List<ServerState> run(FederatedMethod method, ClientRunner clients) {
        List<Integer> all = IntStream.range(0, CLIENTS).boxed().toList();
        List<ServerState> states = new ArrayList<>(List.of(method.init(SEED)));
        for (int round = 1; round <= ROUNDS; round++) {
            states.add(method.round(states.getLast(), new Cohort(round, all), clients)
                    .state());
        }
        return states;
    }

    private static void assertNested(ModelState before, ModelState after) {
        for (int i = 0; i < after.tensors().size(); i++) {
            TensorState outer = before.tensors().get(i);
            SparsityPattern inner = after.tensors().get(i).pattern();
            if (outer.pattern() != null) {
                assertThat(inner).isNotNull();
                assertThat(outer.pattern().containsAll(inner)).isTrue();
            }
        }
    }

    private static byte[] flipped(byte[] message) {
        byte[] damaged = message.clone();
        damaged[damaged.length / 2] ^= 0x10;
        return damaged;
    }

    private static ClientUpdate damaged(ClientUpdate update) {
        return new ClientUpdate(update.client(), flipped(update.message()), update.report(), 0, 0, 0);
    }
}
