package dev.gossamer.fl.method;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import dev.gossamer.fl.sparsity.PruningSchedule;
import dev.gossamer.fl.sparsity.PruningScope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Large cohorts: blocks of clients that are folded elsewhere, and the same blocks folded by the server. */
class FoldBlocksTest {

    private static final ModelSpec SPEC = Models.mlp(7, 5, 3);
    private static final LocalTraining TRAINING = new LocalTraining(1, 8, 0.1, Sgd.PLAIN);

    /** Not a multiple of a block; the last block has one client. */
    private static final int MANY = 2 * BlockWork.CLIENTS + 1;

    /** Who fails, and whose message is damaged: the first of a block, and others. */
    private static final List<Integer> FAILED = List.of(3, BlockWork.CLIENTS);

    private static final int DAMAGED = 17;

    private final PruningScope scope = PruningScope.trainable(SPEC);

    @Test
    void aMeanIsTheSameWhereverBlocksAreFolded() {
        assertSame(new FedAvg(SPEC, TRAINING));
    }

    @Test
    void aVoteIsTheSameWhereverBlocksAreFolded() {
        assertSame(new FedSparsifyLocal(
                SPEC, TRAINING, new PruningSchedule(0.5, 0, 1, 2, 1, 3), scope, true, VoteThreshold.HALF));
    }

    private void assertSame(FederatedMethod method) {
        ServerState initial = method.init(1);
        Cohort cohort = new Cohort(1, IntStream.range(0, MANY).boxed().toList(), new Cohort.Quorum(1, 1));
        Scripted here = new Scripted(method.name(), false);
        Scripted elsewhere = new Scripted(method.name(), true);

        RoundOutcome expected = method.round(initial, cohort, here);
        RoundOutcome outcome = method.round(initial, cohort, elsewhere);

        assertThat(elsewhere.blocks).isEqualTo(3);
        assertThat(here.blocks).isZero();
        assertThat(outcome.state()).isEqualTo(expected.state());
        assertThat(outcome.traffic().refused()).isEqualTo(expected.traffic().refused());
        assertThat(outcome.traffic().refused()).hasSize(2 * FAILED.size() + 2);
        assertThat(outcome.traffic().bytesUp()).isEqualTo(expected.traffic().bytesUp());
        assertThat(outcome.traffic().trainingLoss())
                .isEqualTo(expected.traffic().trainingLoss());
        assertThat(outcome.traffic().agreement()).isEqualTo(expected.traffic().agreement());
    }

    /** Blocks are summed from zero each: other sums than those of one client after the other, in some last bits. */
    @Test
    void theMeanIsTheSumOfTheBlocksSums() {
        FedAvg method = new FedAvg(SPEC, TRAINING);
        ServerState initial = method.init(1);
        Scripted clients = new Scripted(method.name(), false);
        List<Integer> all = IntStream.range(0, MANY).boxed().toList();

        ModelState mean =
                method.round(initial, new Cohort(1, all), clients).state().model();

        double[] sums =
                new double[Math.toIntExact(initial.model().tensors().getFirst().size())];
        double[] block = new double[sums.length];
        double weights = 0;
        for (int client : all) {
            if (client % BlockWork.CLIENTS == 0) {
                add(sums, block);
                block = new double[sums.length];
            }
            if (FAILED.contains(client) || client == DAMAGED) {
                continue;
            }
            float[] values =
                    answer(initial.model(), client).tensors().getFirst().toDense();
            for (int i = 0; i < block.length; i++) {
                block[i] += (double) samples(client) * values[i];
            }
            weights += samples(client);
        }
        add(sums, block);
        float[] got = mean.tensors().getFirst().toDense();
        for (int i = 0; i < sums.length; i++) {
            assertThat(got[i]).isEqualTo((float) (sums[i] / weights));
        }
    }

    private static void add(double[] sums, double[] more) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += more[i];
        }
    }

    private static long samples(int client) {
        return 1L + client % 7;
    }

    /** What a client makes of a model: random values, of which it keeps some. */
    private static ModelState answer(ModelState model, int client) {
        SplitMix64 random = SplitMix64.of(5, client);
        List<TensorState> tensors = new ArrayList<>();
        for (TensorState tensor : model.tensors()) {
            SparsityPattern pattern = SparsityPattern.fromMask(
                    tensor.rows(),
                    tensor.cols(),
                    (row, col) -> SplitMix64.of(6, client, row, col).nextDouble() < 0.6);
            float[] values = new float[Math.toIntExact(pattern.nnz())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextDouble() - 0.5);
            }
            tensors.add(tensor.with(pattern, values));
        }
        return new ModelState(tensors);
    }

    /** Clients whose answers are known; those that fail do so each time. */
    private static final class Scripted implements ClientRunner {

        private final String method;
        private final boolean folds;
        private int blocks;

        Scripted(String method, boolean folds) {
            this.method = method;
            this.folds = folds;
        }

        @Override
        public void run(byte[] message, Cohort cohort, ClientWork work, Consumer<ClientUpdate> updates) {
            cohort.clients().forEach(client -> updates.accept(update(message, client)));
        }

        @Override
        public boolean runBlocks(byte[] message, Cohort cohort, BlockWork work, Consumer<byte[]> taken) {
            if (!folds) {
                return false;
            }
            List<Integer> clients = cohort.clients();
            for (int from = 0; from < clients.size(); from += BlockWork.CLIENTS) {
                BlockWork.Block block = work.open(message);
                clients.subList(from, Math.min(from + BlockWork.CLIENTS, clients.size()))
                        .forEach(client -> block.take(update(message, client)));
                taken.accept(block.encoded());
                blocks++;
            }
            return true;
        }

        private ClientUpdate update(byte[] message, int client) {
            if (FAILED.contains(client)) {
                return ClientUpdate.failed(client, "it failed");
            }
            ModelState model = WireCodec.decode(message, new DecodeOptions(true, Long.MAX_VALUE))
                    .model();
            byte[] answer = WireCodec.encode(
                    new SparseUpdate(1, client, samples(client), method, answer(model, client)), model);
            if (client == DAMAGED) {
                answer[answer.length / 2] ^= 1;
            }
            return new ClientUpdate(
                    client, answer, new TrainingReport(1.0 / (1 + client), 0.1, 10, 20, client), 1, 2, 3);
        }
    }
}
