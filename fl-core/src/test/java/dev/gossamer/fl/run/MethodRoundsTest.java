package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FedAvg;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.RoundOutcome;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.sparsity.PruningScope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every method of the catalogue over the local runner: that it learns, ends as sparse as it was asked to, and repeats. */
class MethodRoundsTest extends MethodRounds {

    MethodRoundsTest(String name) {
        super(name);
    }

    @Test
    void sparseClientsCountFewerOperationsAndKeepFewerActivations() {
        RoundOutcome dense = second(new FedAvg(SPEC, training()));
        RoundOutcome masked = second(method("sparsefedpp", 0.9));
        RoundOutcome selected = second(method("swat-fedavg", 0.9));

        assertThat(dense.traffic().flops()).isEqualTo(dense.traffic().denseFlops());
        assertThat(masked.traffic().denseFlops()).isEqualTo(dense.traffic().denseFlops());
        // The union of four clients' masks of a tenth each.
        assertThat(masked.traffic().flops() / masked.traffic().denseFlops()).isLessThan(0.5);
        assertThat(selected.traffic().flops()).isLessThan(dense.traffic().flops());
        assertThat(selected.traffic().savedBytes()).isLessThan(dense.traffic().savedBytes());
        assertThat(masked.traffic().agreement()).isBetween(0.2, 0.99);
        assertThat(masked.pruneError()).isPositive();
    }

    private RoundOutcome second(FederatedMethod method) {
        List<Integer> all = IntStream.range(0, CLIENTS).boxed().toList();
        try (LocalClientRunner clients = runner(1)) {
            ServerState first =
                    method.round(method.init(SEED), new Cohort(1, all), clients).state();
            return method.round(first, new Cohort(2, all), clients);
        }
    }

    @Test
    void everyMethodLearns() {
        try (LocalClientRunner clients = runner(2)) {
            for (String method : MethodCatalog.names()) {
                ModelState model = run(method(method, 0.5), clients).getLast().model();

                assertThat(clients.evaluate(model).accuracy()).as(method).isGreaterThan(0.6);
            }
        }
    }

    /** Of clients elsewhere, work, answers and what they remember travel as bytes. */
    @Test
    void neitherThreadsNorPlaceChangeABit() {
        ClientMemories memories = new ClientMemories();
        Worker.Setup setup = new Worker.Setup(backend, SPEC, data, parts, SEED, new ClientMemories(), ValueType.F32);
        try (LocalClientRunner one = runner(1);
                LocalClientRunner several = runner(3);
                ClientHost host = new ClientHost(setup)) {
            ClientRunner elsewhere = (message, cohort, work, updates) -> {
                ClientWork sent = serialised(work);
                assertThat(sent).isEqualTo(work);
                for (int client : cohort.clients()) {
                    ClientHost.Answer answer = host.perform(client, message, sent, memories.encoded(client));
                    memories.replace(client, answer.memory());
                    updates.accept(answer.update());
                }
            };
            for (String method : MethodCatalog.names()) {
                FederatedMethod made = method(method, SPARSITY);
                List<ServerState> states = run(made, one);

                assertThat(run(made, several))
                        .as(method + " with three threads")
                        .isEqualTo(states);
                assertThat(run(made, elsewhere)).as(method + " elsewhere").isEqualTo(states);
            }
        }
    }

    private static ClientWork serialised(ClientWork work) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(work);
            out.flush();
            return (ClientWork) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError(work + " does not travel", e);
        }
    }

    @Test
    void methodsThatPruneAtTheServerLeaveWhatWasAsked() {
        long size = SPEC.parameterCount();
        for (String method : List.of("fedsparsify-global", "oneshot", "oneshot-finetune", "random")) {
            assertThat(run(method, SPARSITY).getLast().model().nnz())
                    .as(method)
                    .isEqualTo(size - (long) (SPARSITY * size));
        }
    }

    @Test
    void masksThatOneClientFindsStayAsTheyAre() {
        long biases = SPEC.parameterCount() - SPEC.weightCount();
        Map<String, Long> expected = new LinkedHashMap<>();
        expected.put("snip", Math.round(SPEC.parameterCount() * (1 - SPARSITY)));
        expected.put("grasp", SPEC.weightCount() - (long) (SPARSITY * SPEC.weightCount()) + biases);
        expected.forEach((method, nnz) -> {
            List<ServerState> states = run(method, SPARSITY);
            for (ServerState state : states.subList(1, states.size())) {
                assertThat(state.model().nnz()).as(method).isEqualTo(nnz);
                assertThat(patterns(state.model()))
                        .as(method)
                        .isEqualTo(patterns(states.getLast().model()));
            }
        });
    }

    @Test
    void dynamicMasksChangeAtTheirSize() {
        List<ServerState> states =
                run(method("feddst", SPARSITY, "adjustEvery", "2", "adjustFraction", "0.5", "adjustUntil", "0.9"), 1);
        long nnz = states.getFirst().model().nnz();

        assertThat(states).allSatisfy(state -> assertThat(state.model().nnz()).isEqualTo(nnz));
        assertThat(patterns(states.get(1).model()))
                .isEqualTo(patterns(states.getFirst().model()));
        assertThat(patterns(states.get(2).model()))
                .isNotEqualTo(patterns(states.get(1).model()));
        assertThat(patterns(states.get(3).model()))
                .isEqualTo(patterns(states.get(2).model()));
    }

    @Test
    void pruneFlAdjustsInItsRoundsOnly() {
        FederatedMethod method =
                method("prunefl", SPARSITY, "adjustEvery", "3", "firstAdjustments", "2", "firstEpochs", "2");
        List<ServerState> states = run(method, 1);

        assertThat(states.get(1).model().nnz())
                .isLessThan(states.getFirst().model().nnz());
        assertThat(patterns(states.get(2).model()))
                .isEqualTo(patterns(states.get(1).model()));
        assertThat(patterns(states.get(3).model()))
                .isNotEqualTo(patterns(states.get(2).model()));
        assertThat(patterns(states.get(5).model()))
                .isEqualTo(patterns(states.get(4).model()));
    }

    /** Client 0 has squares of the first round, and is not there when the second one adjusts. */
    @Test
    void pruneFlAdjustsByWhatWasGatheredSinceTheLastAdjustment() {
        FederatedMethod method = method("prunefl", SPARSITY, "adjustEvery", "2", "firstAdjustments", "0");
        List<Cohort> before =
                List.of(new Cohort(1, List.of(0, 1)), new Cohort(2, List.of(1)), new Cohort(3, List.of(1)));
        Cohort last = new Cohort(4, List.of(0));
        ServerState state = method.init(SEED);
        byte[] sent;
        try (LocalClientRunner clients = runner(1)) {
            for (Cohort cohort : before) {
                state = method.round(state, cohort, clients).state();
            }
            sent = sent(method, state, last, clients);
        }
        try (LocalClientRunner others = runner(1)) {
            assertThat(sent).isEqualTo(sent(method, state, last, others));
        }
    }

    /** What a cohort of one answers. */
    private static byte[] sent(FederatedMethod method, ServerState state, Cohort cohort, LocalClientRunner clients) {
        List<byte[]> sent = new ArrayList<>();
        ClientRunner listening = (message, asked, work, updates) -> clients.run(message, asked, work, update -> {
            sent.add(update.message());
            updates.accept(update);
        });
        method.round(state, cohort, listening);
        return sent.getFirst();
    }

    @Test
    void sparseFedPpNeverMovesAnExactZero() {
        List<ServerState> states = run("sparsefedpp", SPARSITY);
        for (int round = 1; round < ROUNDS; round++) {
            assertNested(states.get(round).model(), states.get(round + 1).model());
        }
    }

    @Test
    void clientsThatPruneSendWhatWasAsked() {
        long trainable = SPEC.parameterCount();
        long weights = SPEC.weightCount();
        Map<String, Long> expected = new LinkedHashMap<>();
        expected.put("fedsparsify-local", trainable - (long) (SPARSITY * trainable));
        long largest = weights - Math.round(SPARSITY * weights) + trainable - weights;
        expected.put("topk", largest);
        expected.put("sparsefedpp", largest);
        expected.put("zerofl", (long) Math.ceil((1 - SPARSITY) * weights) + trainable - weights);
        expected.forEach((method, nnz) -> {
            List<Long> sent = new ArrayList<>();
            try (LocalClientRunner clients = runner(2)) {
                ClientRunner listening =
                        (message, cohort, work, updates) -> clients.run(message, cohort, work, update -> {
                            if (cohort.round() == ROUNDS) {
                                sent.add(decoded(update, message).model().nnz());
                            }
                            updates.accept(update);
                        });
                run(method(method, SPARSITY), listening);
            }
            assertThat(sent).as(method).hasSize(CLIENTS).containsOnly(nnz);
        });
    }

    @Test
    void withoutPruningEveryMethodThatOnlyPrunesIsFedAvg() {
        ModelState dense = run(new FedAvg(SPEC, training()), 1).getLast().model();

        for (String method : MethodCatalog.names()) {
            boolean prunes = MethodCatalog.named(method).options().stream()
                    .anyMatch(option -> option.key().equals("sparsity"));
            if (prunes) {
                assertThat(run(method, 0).getLast().model()).as(method).isEqualTo(dense);
            }
        }
    }

    @Test
    void aVoteLeavesNoMoreThanAnAverage() {
        FederatedMethod voting = method("fedsparsify-local", SPARSITY);
        FederatedMethod averaging = method("fedsparsify-local", SPARSITY, "aggregate", "fedavg");
        List<Integer> all = IntStream.range(0, CLIENTS).boxed().toList();
        try (LocalClientRunner clients = runner(1)) {
            ServerState state = averaging.init(SEED);
            for (int round = 1; round <= ROUNDS; round++) {
                Cohort cohort = new Cohort(round, all);
                ModelState elected =
                        voting.round(state, cohort, clients).state().model();
                state = averaging.round(state, cohort, clients).state();
                assertNested(state.model(), elected);
                // In the first round nothing is pruned yet, in the last ones next to nothing more.
                if (round == 2 || round == 3) {
                    assertThat(elected.nnz())
                            .as("round %d", round)
                            .isLessThan(state.model().nnz());
                }
            }
        }
    }

    @Test
    void randomMasksAreNestedAndNotThoseOfMagnitude() {
        List<ServerState> states = run("random", SPARSITY);

        for (int round = 1; round < ROUNDS; round++) {
            assertNested(states.get(round).model(), states.get(round + 1).model());
        }
        ModelState kept = states.getLast().model();
        ModelState largest = PruningScope.trainable(SPEC)
                .keepTop(run(new FedAvg(SPEC, training()), 1).getLast().model(), kept.nnz());
        assertThat(patterns(kept)).isNotEqualTo(patterns(largest));
    }

    @Test
    void oneShotPrunesOnceAndTunesInThatMask() {
        List<ServerState> states = run(method("oneshot-finetune", SPARSITY, "tuneRounds", "2"), 1);
        List<ServerState> dense = run(new FedAvg(SPEC, training()), 1);

        for (int round = 0; round < ROUNDS - 2; round++) {
            assertThat(states.get(round)).isEqualTo(dense.get(round));
        }
        ModelState pruned = states.get(ROUNDS - 2).model();
        assertThat(patterns(states.get(ROUNDS - 1).model())).isEqualTo(patterns(pruned));
        assertThat(patterns(states.getLast().model())).isEqualTo(patterns(pruned));
        assertThat(states.getLast().model()).isNotEqualTo(pruned);
    }

    @Test
    void naiveTopKLetsPrunedWeightsReturn() {
        List<Set<Integer>> masks = new ArrayList<>();
        try (LocalClientRunner clients = runner(1)) {
            ClientRunner listening = (message, cohort, work, updates) -> clients.run(message, cohort, work, update -> {
                if (update.client() == 0) {
                    SparseUpdate sent = decoded(update, message);
                    masks.add(Set.copyOf(entries(sent.model().tensor("fc1.weight"))));
                }
                updates.accept(update);
            });
            run(method("topk", SPARSITY), listening);
        }
        boolean returned = false;
        for (int round = 1; round < masks.size(); round++) {
            returned |= !masks.get(round - 1).containsAll(masks.get(round));
        }
        assertThat(returned).isTrue();
    }

    /** What a client sent in answer to a message. */
    private static SparseUpdate decoded(ClientUpdate update, byte[] message) {
        ModelState received = WireCodec.decode(message).model();
        return WireCodec.decode(update.message(), DecodeOptions.DEFAULT, received);
    }

    private static List<Integer> entries(TensorState tensor) {
        List<Integer> entries = new ArrayList<>();
        SparsityPattern pattern = tensor.pattern();
        assertThat(pattern).isNotNull();
        pattern.forEach((row, col, position) -> entries.add(row * pattern.cols() + col));
        return entries;
    }

    private static List<SparsityPattern> patterns(ModelState model) {
        return model.tensors().stream()
                .map(tensor -> tensor.pattern() == null
                        ? SparsityPattern.full(tensor.rows(), tensor.cols())
                        : tensor.pattern())
                .toList();
    }

    private static void assertNested(ModelState outer, ModelState inner) {
        List<SparsityPattern> before = patterns(outer);
        List<SparsityPattern> after = patterns(inner);
        for (int i = 0; i < before.size(); i++) {
            assertThat(before.get(i).containsAll(after.get(i))).isTrue();
        }
    }
}
