package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.method.Client;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Reply;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.Site;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs on two executors, each a process of its own, that are killed and that lack things. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterTest {

    private static final int LOST = 1;

    @TempDir
    Path folder;

    private SparkSite site;

    @BeforeAll
    void startSpark() throws IOException {
        Map<String, String> settings = SparkHome.twoExecutors();
        settings.put("spark.task.maxFailures", "2");
        settings.put("spark.worker.resource.gpu.amount", "1");
        settings.put("spark.worker.resource.gpu.discoveryScript", gpu().toString());
        settings.put("spark.executor.resource.gpu.amount", "1");
        settings.put("spark.task.resource.gpu.amount", "1");
        site = (SparkSite) new SparkSiteProvider().open(settings);
    }

    private static Path gpu() throws IOException {
        Path script = Files.createTempFile("gpu", ".sh");
        Files.writeString(script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"3\"]}'\n");
        if (!script.toFile().setExecutable(true)) {
            throw new IOException(script + " cannot be made executable");
        }
        return script;
    }

    @AfterAll
    void stopSpark() {
        site.close();
    }

    static Stream<Map<String, String>> settings() {
        return Stream.of(Runs.FEDAVG, Runs.VOTING, Runs.SPARSEFEDPP, Runs.REMEMBERING);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theModelIsTheLocalRunners(Map<String, String> settings) throws IOException {
        try (Runs runs = new Runs(settings, folder)) {
            runs.assertSameBytes(site);
        }
    }

    /** Spark gives each task the GPU that the script tells of, and the backend is opened on that one. */
    @Test
    void theTasksGpuIsTheBackends() {
        try (Runs runs = new Runs(Runs.FEDAVG, folder)) {
            Set<String> ready = site.probe(runs.experiment());

            assertThat(ready)
                    .isNotEmpty()
                    .allSatisfy(executor -> assertThat(executor)
                            .startsWith("Executor ")
                            .contains(", GPU 3 of those that Spark schedules"));
        }
    }

    @Test
    void aKilledExecutorChangesNothing() throws IOException {
        Path killed = folder.resolve("killed");
        try (Runs runs = new Runs(Runs.REMEMBERING, folder);
                Site.Session session = runs.session(site);
                var here = runs.experiment().clients()) {
            ClientRunner killing = (message, cohort, work, updates) -> session.run(
                    message,
                    cohort,
                    cohort.round() == 2 ? new Killing(work, LOST, killed.toString(), true) : work,
                    updates);

            ServerState state = runs.rounds(killing, 3);

            assertThat(killed).exists();
            assertThat(state).isEqualTo(runs.rounds(here, 3));
        }
    }

    @Test
    void aClientThatKillsEveryExecutorDoesNotAnswer() {
        try (Runs runs = new Runs(Map.of("method", "fedavg", "clients", "3"), folder);
                Site.Session session = runs.session(site);
                var here = runs.experiment().clients()) {
            List<ClientUpdate> failures = new ArrayList<>();
            ClientRunner killing = (message, cohort, work, updates) -> session.run(
                    message,
                    cohort,
                    new Killing(work, LOST, folder.resolve("again").toString(), false),
                    update -> {
                        if (update.failure() != null) {
                            failures.add(update);
                        }
                        updates.accept(update);
                    });
            ClientRunner throwing = (message, cohort, work, updates) -> here.run(
                    message,
                    cohort,
                    (client, received) -> {
                        if (client.index() == LOST) {
                            throw new IllegalStateException("as if it were lost");
                        }
                        return work.perform(client, received);
                    },
                    updates);

            assertThat(runs.rounds(killing, 1)).isEqualTo(runs.rounds(throwing, 1));
            assertThat(failures).singleElement().satisfies(update -> {
                assertThat(update.client()).isEqualTo(LOST);
                assertThat(update.failure()).startsWith("Spark gave its task up: ");
            });
        }
    }

    /**
     * A client at work in whose midst the executor dies.
     *
     * @param mark a file that is there as soon as it has died
     * @param once whether it dies only where there is no mark yet
     */
    private record Killing(ClientWork work, int client, String mark, boolean once) implements ClientWork {

        @Override
        public Reply perform(Client at, ModelState received) {
            Reply reply = work.perform(at, received);
            Path file = Path.of(mark);
            if (at.index() == client && !(once && Files.exists(file))) {
                try {
                    Files.write(file, new byte[] {1});
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                Runtime.getRuntime().halt(9);
            }
            return reply;
        }
    }

    /** A path that leads each executor into a folder of its own. */
    @Test
    void dataThatOneExecutorLacksIsTold() throws IOException, InterruptedException {
        Path here = TinyFashion.write(Files.createDirectories(folder.resolve("here")));
        List<Path> executors = awaitExecutors();
        Path lacking = executors.removeFirst();
        for (Path executor : executors) {
            TinyFashion.write(executor.resolve("data"));
        }
        site.folder("/proc/self/cwd/data", "fashion-mnist");
        try (Runs runs = new Runs(TinyFashion.SETTINGS, folder, here)) {
            assertThatThrownBy(() -> runs.experiment().at(site))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("Executor " + lacking.getFileName() + " on ")
                    .hasMessageContaining(" cannot take part: ")
                    .hasMessageContaining("data/fashion-mnist");
            TinyFashion.write(lacking.resolve("data"));
            runs.assertSameBytes(site);
        }
    }

    /** The working folders of two executors; those that were killed are replaced by others. */
    private List<Path> awaitExecutors() throws InterruptedException {
        Path work = SparkHome.make()
                .resolve("work")
                .resolve(String.valueOf(site.describe().get("application")));
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        Set<String> ids = new TreeSet<>();
        try (Runs runs = new Runs(Runs.FEDAVG, folder)) {
            while (ids.size() != 2) {
                assertThat(System.nanoTime()).as("executors came back").isLessThan(until);
                Thread.sleep(100);
                ids.clear();
                site.probe(runs.experiment()).forEach(said -> ids.add(said.split(" ", 3)[1]));
            }
        }
        return new ArrayList<>(ids.stream().map(work::resolve).toList());
    }

    @Test
    void fashionMnistIsTheSame() throws IOException {
        Path data = Runs.realData("fashion-mnist");
        site.folder(data.toString(), "fashion-mnist");
        try (Runs runs = new Runs(
                Map.of(
                        "dataset",
                        "fashion-mnist",
                        "method",
                        "fedsparsify-local",
                        "partition",
                        "label-blocks:2",
                        "rounds",
                        "2"),
                folder,
                data)) {
            runs.assertSameBytes(site);
        }
    }
}
