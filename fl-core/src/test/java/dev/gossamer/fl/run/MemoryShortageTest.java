package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gossamer.cuda.EmulatedProvider;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.EngineException;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.Client;
import dev.gossamer.fl.method.ClientException;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.Reply;
import dev.gossamer.fl.method.TrainingReport;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A device without the memory for all workers: a run goes on with fewer, to the same bits, or says what it lacks. */
class MemoryShortageTest extends BackendRounds {

    private static final int CLIENTS = 6;
    private static final int MANY = 4;
    private static final ModelSpec SPEC = Models.mlp(TestData.FEATURES, 9, TestData.CLASSES);
    private static final LocalTraining TRAINING = new LocalTraining(2, 8, 0.3, Sgd.PLAIN);
    private static final String MEMORY = "of before";

    MemoryShortageTest(String name) {
        super(name, CLIENTS);
    }

    @Test
    void workersThatCannotBeMadeLeaveTheirClientsToTheOthers() {
        try (LocalClientRunner clients = runner(new Narrow(backend, 2), MANY)) {
            assertThat(round(clients, 1, new Train())).isEqualTo(expected(1));
            assertLeft(2, clients);
            assertThat(clients.evaluate(SPEC.initial(SEED))).isEqualTo(expectedEvaluation());
            assertThat(round(clients, 2, new Train()))
                    .as("no more are made later")
                    .isEqualTo(expected(2));
            assertLeft(2, clients);
        }
    }

    /** Each shortage takes a worker, and the last one tries once more, as the others have given memory back. */
    @Test
    void clientsForWhichThereIsNoRoomAreAskedAgain() {
        try (LocalClientRunner clients = runner(backend, MANY)) {
            assertThat(round(clients, 1, new Train(MANY, MANY))).isEqualTo(expected(1));
            assertLeft(1, clients);
            assertThat(round(clients, 2, new Train())).isEqualTo(expected(2));
        }
    }

    @Test
    void theLastWorkerSaysWhatItLacksAndServesOn() {
        try (LocalClientRunner clients = runner(backend, 1)) {
            ClientWork finds = (client, received) -> {
                throw new OutOfDeviceMemoryException("no room for a tensor");
            };
            assertThatThrownBy(() -> round(clients, 1, finds))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("Client 0")
                    .hasMessageContaining("no room for a tensor")
                    .hasCauseInstanceOf(OutOfDeviceMemoryException.class);
            assertThat(round(clients, 1, new Train())).isEqualTo(expected(1));
        }
    }

    @Test
    void whereNoWorkerCanBeMadeTheRunEnds() {
        try (LocalClientRunner clients = runner(new Narrow(backend, 0), MANY)) {
            assertThatThrownBy(() -> round(clients, 1, new Train()))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("no room for a workspace");
            assertThatThrownBy(() -> clients.evaluate(SPEC.initial(SEED)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("no room for a workspace");
        }
    }

    @Test
    void aClientThatFailsHalfWayRemembersWhatItDidBefore() {
        try (LocalClientRunner clients = runner(backend, 1)) {
            ClientWork fails = (client, received) -> {
                client.remember(MEMORY, received);
                throw new IllegalStateException("half way");
            };
            assertThat(round(clients, 1, fails)).allMatch(answer -> answer.contains("half way"));
            assertThat(round(clients, 1, new Train())).isEqualTo(expected(1));
        }
    }

    /** Who is still at work when another one ends the round is waited for, and nobody begins. */
    @Test
    void aRoundThatFailsIsOverWhenNobodyIsAtWork() {
        CountDownLatch begun = new CountDownLatch(2);
        AtomicInteger atWork = new AtomicInteger();
        ClientWork endsTheRound = (client, received) -> {
            atWork.incrementAndGet();
            try {
                begun.countDown();
                begun.await();
                if (client.index() == 0) {
                    throw new AssertionError("the end of the round");
                }
                Thread.sleep(200);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                atWork.decrementAndGet();
            }
            client.load(received);
            TrainingReport report = client.train(TRAINING, null);
            return new Reply(client.state(), report);
        };
        try (LocalClientRunner clients = runner(backend, 2)) {
            assertThatThrownBy(() -> round(clients, 1, endsTheRound))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("the end of the round");
            assertThat(atWork).hasValue(0);
            assertThat(round(clients, 1, new Train())).isEqualTo(expected(1));
        }
    }

    /** On each of two GPUs one worker fits, two do not. */
    @Test
    void smallGpusTrainOneAfterTheOther() {
        long one = bytesOfOneWorker();
        List<String> round = expected(1);
        Evaluation evaluation = expectedEvaluation();
        EmulatedProvider.withMemory(EmulatedProvider.usedBytes() + one * 3 / 2, () -> {
            try (LocalClientRunner clients = runner(backend, MANY)) {
                assertThat(round(clients, 1, new Train(MANY, 0))).isEqualTo(round);
                assertThat(clients.threads()).isEqualTo(2);
                assertThat(clients.evaluate(SPEC.initial(SEED))).isEqualTo(evaluation);
            }
        });
    }

    /** The worker fits, and what it trains in does not. */
    @Test
    void aGpuThatIsTooSmallIsNoEnd() {
        long one = bytesOfOneWorker();
        long before = EmulatedProvider.usedBytes();
        List<String> round = expected(1);
        try (LocalClientRunner clients = runner(backend, 1)) {
            clients.evaluate(SPEC.initial(SEED));
            EmulatedProvider.withMemory(
                    EmulatedProvider.usedBytes() + 100,
                    () -> assertThatThrownBy(() -> round(clients, 1, new Train()))
                            .isInstanceOf(ClientException.class)
                            .hasMessageContaining("The memory of the GPU does not suffice for")
                            .hasMessageContaining("--batch"));
            assertThat(round(clients, 1, new Train())).isEqualTo(round);
            assertThat(EmulatedProvider.usedBytes() - before)
                    .as("nothing is left behind")
                    .isEqualTo(one);
        }
    }

    private long bytesOfOneWorker() {
        assumeTrue(name.equals("cuda-emulated"), "memory runs out on the emulator of the backend cuda");
        long before = EmulatedProvider.usedBytes();
        try (LocalClientRunner clients = runner(backend, 1)) {
            round(clients, 1, new Train());
            return EmulatedProvider.usedBytes() - before;
        }
    }

    /** The answers of a round, after those before it. */
    private List<String> expected(int round) {
        try (LocalClientRunner clients = runner(backend, 1)) {
            List<String> answers = List.of();
            for (int number = 1; number <= round; number++) {
                answers = round(clients, number, new Train());
            }
            return answers;
        }
    }

    private Evaluation expectedEvaluation() {
        try (LocalClientRunner clients = runner(backend, 1)) {
            return clients.evaluate(SPEC.initial(SEED));
        }
    }

    private LocalClientRunner runner(Backend on, int threads) {
        return new LocalClientRunner(on, SPEC, data, parts, SEED, threads, ValueType.F32);
    }

    /** That so many workers are left: one whose thread began late may still have to find out that there is no room. */
    private static void assertLeft(int workers, LocalClientRunner clients) {
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            while (clients.threads() > workers) {
                Thread.sleep(1);
            }
        });
        assertThat(clients.threads()).isEqualTo(workers);
    }

    /** What each client answers, or why it does not. */
    private static List<String> round(LocalClientRunner clients, int number, ClientWork work) {
        List<String> answers = new ArrayList<>();
        Cohort all = new Cohort(number, IntStream.range(0, CLIENTS).boxed().toList());
        clients.run(message(number), all, work, update -> answers.add(text(update)));
        return answers;
    }

    private static byte[] message(int round) {
        return WireCodec.encode(new SparseUpdate(round, SparseUpdate.SERVER, 0, "test", SPEC.initial(SEED)));
    }

    private static String text(ClientUpdate update) {
        return update.failure() == null ? Arrays.toString(update.message()) : update.failure();
    }

    /**
     * Trains and sends the sum of what it got now and before.
     *
     * @param begun workers that have to be at it before any goes on
     * @param shortages how often there is no room for it
     */
    private record Train(CountDownLatch begun, AtomicInteger shortages) implements ClientWork {

        Train() {
            this(0, 0);
        }

        Train(int together, int shortages) {
            this(new CountDownLatch(together), new AtomicInteger(shortages));
        }

        @Override
        public Reply perform(Client client, ModelState received) {
            waitForTheOthers();
            ModelState before = client.recall(MEMORY);
            client.load(received);
            TrainingReport report = client.train(TRAINING, null);
            ModelState state = client.state();
            client.remember(MEMORY, state);
            if (shortages.getAndDecrement() > 0) {
                throw new OutOfDeviceMemoryException("no room for a tensor");
            }
            return new Reply(before == null ? state : state.plus(before), report);
        }

        private void waitForTheOthers() {
            begun.countDown();
            try {
                begun.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Has room for so many workspaces, ever. */
    private record Narrow(Backend inner, AtomicInteger room) implements Backend {

        Narrow(Backend inner, int room) {
            this(inner, new AtomicInteger(room));
        }

        @Override
        public String name() {
            return inner.name();
        }

        @Override
        public String device() {
            return inner.device();
        }

        @Override
        public TuningTable tuning() {
            return inner.tuning();
        }

        @Override
        public int parallelism() {
            return inner.parallelism();
        }

        @Override
        public int bulkBatch() {
            return inner.bulkBatch();
        }

        @Override
        public Workspace workspace(int threads) {
            if (room.getAndDecrement() <= 0) {
                throw new OutOfDeviceMemoryException("no room for a workspace");
            }
            return inner.workspace(threads);
        }

        @Override
        public void close() {
            inner.close();
        }
    }
}
