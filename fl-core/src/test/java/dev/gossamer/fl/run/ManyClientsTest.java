package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Partition;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FedAvg;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Runs with very many clients take the memory of their workers, not of their clients. */
class ManyClientsTest {

    private static final int CLIENTS = 10_000;
    private static final int PER_ROUND = 100;
    private static final int THREADS = 2;

    @TempDir
    Path folder;

    @Test
    void tenThousandClientsOfWhichAHundredARound() {
        List<Long> heap = new ArrayList<>();
        long model;
        try (Dataset data = TestData.rows(CLIENTS);
                var backend =
                        Backends.open("cpu-vector", BackendOptions.defaults()).backend()) {
            var choice = new Backends.Choice(backend, "cpu-vector", Backends.Source.ARGUMENT, "");
            ExperimentConfig config = ExperimentConfig.resolve(
                    null,
                    Map.of(
                            "clients",
                            Integer.toString(CLIENTS),
                            "participation",
                            Double.toString((double) PER_ROUND / CLIENTS),
                            "rounds",
                            "6",
                            "epochs",
                            "1",
                            "batch",
                            "8",
                            "method",
                            "fedavg"));
            Experiment experiment = Experiment.prepare(config, data, choice, THREADS);
            model = experiment.spec().parameterCount() * (long) Float.BYTES;
            RunListener listener = new RunListener() {
                @Override
                public void roundDone(RoundMetrics metrics) {
                    assertThat(metrics.answered()).isEqualTo(PER_ROUND);
                    heap.add(usedHeap());
                }
            };
            try (RunDirectory directory = RunDirectory.create(folder.resolve("run"), false)) {
                experiment.run(directory, listener);
            }
        }
        // Off the heap: values, gradients, momentum and activations of a worker, however many clients it serves.
        Object held = StoredRun.manifest(folder.resolve("run")).get("trainingMemory");
        assertThat(((JsonNode) Objects.requireNonNull(held)).get("heldBytes").asLong())
                .isBetween(model, 10 * model);
        // What a round leaves is the model and a line of metrics; a hundred updates, let alone 10,000, would be seen.
        assertThat(heap.getLast() - heap.get(1))
                .as("bytes of heap after each round: %s; the model has %d", heap, model)
                .isLessThan(PER_ROUND * model / 4);
    }

    @Test
    void asManyWorkersRunAsFitTheBudget() {
        Budget budget = new Budget(10_000_000);
        assertThat(budget.workers(8, 1_000_000)).isEqualTo(8);
        assertThat(budget.workers(8, 3_000_000)).isEqualTo(3);
        assertThat(budget.workers(8, 30_000_000)).isEqualTo(1);
        assertThat(Budget.NONE.workers(8, 30_000_000)).isEqualTo(8);
        // A worker of this model takes less than 2 MB and more than 200 kB.
        assertThat(threadsWithin(200_000)).isEqualTo(1);
        assertThat(threadsWithin(4_000_000)).isBetween(2, 4);
        assertThat(threadsWithin(1L << 30)).isEqualTo(4);
    }

    @Test
    void aBudgetThatHoldsNoClientIsTold() {
        Logger logger = Logger.getLogger(LocalClientRunner.class.getName());
        List<String> told = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                told.add(new SimpleFormatter().formatMessage(line));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            assertThat(threadsWithin(1L << 30)).isEqualTo(4);
            assertThat(told).isEmpty();
            assertThat(threadsWithin(1000)).isEqualTo(1);
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(told).singleElement().asString().contains("may take 0.001 MB", "one at a time");
    }

    /** What a client takes that fails before it trains says nothing of the others. Two are in flight at first. */
    @Test
    void clientsThatFailDoNotWidenTheBudget() {
        assertThat(threadsWithin(1_000_000, 2))
                .isEqualTo(threadsWithin(1_000_000))
                .isLessThan(4);
        assertThat(threadsWithin(1L << 30, 2)).isEqualTo(4);
    }

    private static int threadsWithin(long bytes) {
        return threadsWithin(bytes, 0);
    }

    private static int threadsWithin(long bytes, int failing) {
        ModelSpec spec = Models.mlp(TestData.FEATURES, 128, TestData.CLASSES);
        FedAvg method = new FedAvg(spec, new LocalTraining(1, 8, 0.1, Sgd.PLAIN));
        try (Dataset data = TestData.rows();
                Backend backend = TestBackends.open("cpu-vector")) {
            int[][] parts = Partition.parse("iid", 1).assign(data, 6);
            Worker.Setup setup = new Worker.Setup(backend, spec, data, parts, 1, new ClientMemories(), ValueType.F32);
            try (LocalClientRunner clients = new LocalClientRunner(setup, 4, new Budget(bytes), new StopSignal())) {
                assertThat(clients.threads()).isEqualTo(1);
                ClientRunner faulty = (message, cohort, work, updates) ->
                        clients.run(message, cohort, failing(work, failing), updates);
                method.round(method.init(1), new Cohort(1, List.of(0, 1, 2, 3, 4, 5)), faulty);
                return clients.threads();
            }
        }
    }

    private static ClientWork failing(ClientWork work, int failing) {
        return (client, received) -> {
            if (client.index() < failing) {
                throw new IllegalStateException("it fails before it trains");
            }
            return work.perform(client, received);
        };
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
