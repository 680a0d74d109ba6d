package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.Reply;
import dev.gossamer.fl.method.TrainingReport;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What becomes of clients when the run is told to end. */
class LocalClientRunnerTest extends BackendRounds {

    private static final int CLIENTS = 6;
    private static final ModelSpec SPEC = Models.mlp(TestData.FEATURES, 9, TestData.CLASSES);

    private final StopSignal stop = new StopSignal();
    private final List<ClientUpdate> folded = new ArrayList<>();

    LocalClientRunnerTest(String name) {
        super(name, CLIENTS);
    }

    private void runUntilStopped(int clients, ClientWork work) {
        Worker.Setup setup = new Worker.Setup(backend, SPEC, data, parts, SEED, new ClientMemories(), ValueType.F32);
        byte[] message = WireCodec.encode(new SparseUpdate(1, SparseUpdate.SERVER, 0, "test", SPEC.initial(SEED)));
        Cohort cohort = new Cohort(1, IntStream.range(0, clients).boxed().toList());
        try (LocalClientRunner runner = new LocalClientRunner(setup, 1, Budget.NONE, stop)) {
            assertThatThrownBy(() -> runner.run(message, cohort, work, folded::add))
                    .isInstanceOf(RunStoppedException.class);
        }
    }

    /** An epoch of a large model takes minutes, and the round begins again anyway. */
    @Test
    void aClientAtWorkEndsBetweenTwoBatches() {
        LocalTraining training = new LocalTraining(1, 8, 0.3, Sgd.PLAIN);
        AtomicInteger trained = new AtomicInteger();
        // The last of the round: without it the round would be whole.
        runUntilStopped(1, (client, received) -> {
            client.load(received);
            stop.give();
            TrainingReport report = client.train(training, null);
            trained.incrementAndGet();
            return new Reply(client.state(), report);
        });

        assertThat(trained).hasValue(0);
        assertThat(folded).isEmpty();
    }

    @Test
    void noClientBeginsThatWaits() {
        AtomicInteger begun = new AtomicInteger();
        runUntilStopped(CLIENTS, (client, received) -> {
            begun.incrementAndGet();
            stop.give();
            return new Reply(received, TrainingReport.NONE);
        });

        assertThat(begun).hasValue(1);
        assertThat(folded).isEmpty();
    }
}
