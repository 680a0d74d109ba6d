package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.data.Dataset;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
