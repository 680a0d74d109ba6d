package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.Client;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.Reply;
import dev.gossamer.fl.method.TrainingReport;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Within a budget there are as many workers as it has room for, of the size that training has. */
class MemoryBudgetTest extends BackendRounds {

    private static final int CLIENTS = 6;
    private static final int MANY = 4;
    private static final ModelSpec SPEC = Models.mlp(TestData.FEATURES, 9, TestData.CLASSES);
    private static final LocalTraining TRAINING = new LocalTraining(1, 8, 0.3, Sgd.PLAIN);

    private static final ClientWork TRAINS = (client, received) -> {
        client.load(received);
        return new Reply(client.state(), client.train(TRAINING, null));
    };

    private static final ClientWork SCORES = (client, received) -> {
        client.load(received);
        return new Reply(client.gradient(GradientSettings.TRAINING, client.draw(8)), TrainingReport.NONE);
    };

    private static final ClientWork SQUARES = (client, received) -> {
        client.load(received);
        Client.Squared squared = client.trainWithSquares(TRAINING);
        return new Reply(client.state(), squared.report());
    };

    MemoryBudgetTest(String name) {
        super(name, CLIENTS);
    }

    @Test
    void whoOnlyScoresDoesNotSayWhatTrainingTakes() {
        try (LocalClientRunner clients =
                new LocalClientRunner(setup(), MANY, new Budget(Long.MAX_VALUE), new StopSignal())) {
            ask(clients, SCORES);
            assertThat(clients.threads()).isEqualTo(1);
            ask(clients, TRAINS);
            assertThat(clients.threads()).isEqualTo(MANY);
        }
    }

    /** Its sums and gradients are dense, and what it trains in is given back each time. */
    @Test
    void trainingWithSquaresTakesMoreThanTrainingDoes() {
        assertThat(trainingBytes(SQUARES)).isGreaterThan(trainingBytes(TRAINS));
        assertThat(trainingBytes(SCORES)).isZero();
    }

    private long trainingBytes(ClientWork work) {
        try (Worker worker = new Worker(setup())) {
            assertThat(worker.attempt(0, message(), work, new ClientMemories(), new StopSignal())
                            .failure())
                    .isNull();
            assertThat(worker.footprint() == null).isEqualTo(worker.trainingBytes() == 0);
            return worker.trainingBytes();
        }
    }

    private Worker.Setup setup() {
        return new Worker.Setup(backend, SPEC, data, parts, SEED, new ClientMemories(), ValueType.F32);
    }

    private static void ask(LocalClientRunner clients, ClientWork work) {
        Cohort all = new Cohort(1, IntStream.range(0, CLIENTS).boxed().toList());
        clients.run(message(), all, work, update -> assertThat(update.failure()).isNull());
    }

    private static byte[] message() {
        return WireCodec.encode(new SparseUpdate(1, SparseUpdate.SERVER, 0, "test", SPEC.initial(SEED)));
    }
}
