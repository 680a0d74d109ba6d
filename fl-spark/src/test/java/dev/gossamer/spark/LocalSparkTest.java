package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ModelBytes;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunStoppedException;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs on Spark's threads in this process: the same bytes as without Spark. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LocalSparkTest {

    @TempDir
    Path folder;

    private Site site;
    private Path mirror;
    private Path shelf;

    @BeforeAll
    void startSpark() throws IOException {
        mirror = Files.createTempDirectory("mirror").resolve("runs").resolve("a");
        Map<String, String> settings = SparkHome.quiet("local[2]");
        settings.put("mirror", mirror.toUri().toString());
        shelf = Files.createTempDirectory("shelf");
        settings.put(
                "spark.hadoop.fs.viewfs.mounttable.shelf.link./data",
                shelf.toUri().toString());
        site = new SparkSiteProvider().open(settings);
        site.checkCopies(true); // the runs of this class come one after the other
    }

    @AfterAll
    void stopSpark() {
        site.close();
    }

    static Stream<Map<String, String>> settings() {
        return Stream.of(
                Runs.FEDAVG,
                Runs.VOTING,
                Runs.SPARSEFEDPP,
                Runs.REMEMBERING,
                Map.of("method", "prunefl", "adjustEvery", "2"),
                Map.of("method", "mfl", "momentum", "0.5"),
                Map.of("method", "fedavg", "dropout", "0.3", "faults", "throw:1,nan:1,corrupt:1", "retries", "2"));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theModelIsTheLocalRunners(Map<String, String> settings) throws IOException {
        try (Runs runs = new Runs(settings, folder)) {
            runs.assertSameBytes(site);
        }
    }

    /** More clients than two windows hold, in blocks that the executors fold. */
    @ParameterizedTest
    @ValueSource(strings = {"fedavg", "fedsparsify-local"})
    void blocksOfLargeCohortsAreTheSameToo(String method) throws IOException {
        try (Runs runs =
                new Runs(Map.of("method", method, "model", "linear", "clients", "700", "rounds", "2"), folder)) {
            runs.assertSameBytes(site);
        }
    }

    /** The same that the driver folds, several in a task, since injected faults are its affair. */
    @Test
    void largeCohortsThatTheDriverFoldsAreTheSameToo() throws IOException {
        Map<String, String> settings =
                Map.of("method", "fedavg", "model", "linear", "clients", "700", "rounds", "2", "faults", "nan:1");
        try (Runs runs = new Runs(settings, folder)) {
            runs.assertSameBytes(site);
        }
    }

    @Test
    void aRunThatIsStoppedGoesOnFromItsMirror() throws IOException {
        try (Runs runs = new Runs(Runs.REMEMBERING, folder)) {
            Path lost = folder.resolve("lost");
            StopSignal stop = new StopSignal();
            RunListener stopper = new RunListener() {
                @Override
                public void roundDone(RoundMetrics metrics) {
                    if (metrics.round() == 2) {
                        stop.give();
                    }
                }
            };
            try (RunDirectory directory = RunDirectory.create(lost, false).checkpointEvery(10)) {
                assertThatThrownBy(() -> runs.experiment().at(site).run(directory, stopper, stop))
                        .isInstanceOf(RunStoppedException.class);
            }
            Path back = folder.resolve("back");
            site.restore(back);
            assertThat(back.resolve("checkpoint/round-2.checkpoint")).exists();
            try (RunDirectory directory = RunDirectory.resume(back)) {
                runs.experiment().at(site).run(directory, RunListener.NONE);
            }

            assertThat(back.resolve(RunDirectory.MODEL)).hasBinaryContent(runs.model(null));
            assertThat(mirror.resolve(RunDirectory.RESULT)).exists();
            assertThat(mirror.resolve("checkpoint/round-2.checkpoint")).doesNotExist();
        }
    }

    @Test
    void dataComesThroughHadoopsFileSystems() throws IOException {
        TinyFashion.write(shelf);
        Path here = site.folder("viewfs://shelf/data", "fashion-mnist");
        assertThat(here)
                .isNotEqualTo(shelf)
                .isDirectoryContaining(file -> file.toString().endsWith("-ubyte"));
        assertThat(site.folder("viewfs://shelf/data", "fashion-mnist")).isEqualTo(here);
        try (Runs runs = new Runs(TinyFashion.SETTINGS, folder, here)) {
            runs.assertSameBytes(site);
        }
        assertThatThrownBy(() -> site.folder("nowhere://host/data", "fashion-mnist"))
                .hasMessageContaining("fashion-mnist")
                .hasMessageContaining("nowhere://host/");
    }

    @Test
    void otherDataIsRefused() throws IOException {
        Path theirs = TinyFashion.write(Files.createDirectories(folder.resolve("theirs")));
        Path ours = TinyFashion.write(Files.createDirectories(folder.resolve("ours")));
        Path labels = ours.resolve("fashion-mnist/train-labels-idx1-ubyte");
        byte[] bytes = Files.readAllBytes(labels);
        bytes[20] = (byte) ((bytes[20] + 1) % 10);
        Files.write(labels, bytes);
        site.folder(theirs.toString(), "fashion-mnist");
        try (Runs runs = new Runs(TinyFashion.SETTINGS, folder, ours)) {
            assertThatThrownBy(() -> runs.experiment().at(site))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("Executor driver on ")
                    .hasMessageContaining("fashion-mnist in " + theirs + " is not the one that the driver has");
        }
    }

    /** A task that goes on behind the end of its run, as a cancelled one does, in the middle of its work. */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record LateTask(RunSetup setup, byte[] model) implements Function<Integer, byte[]> {

        @Override
        public byte[] call(Integer index) {
            return Outcome.encode(Hosts.with(setup, host -> {
                Hosts.close(setup);
                return new Outcome.Tested(host.evaluate(model, 0, 1));
            }));
        }
    }

    @Test
    @Timeout(120)
    void aHostStaysForTheTaskThatUsesIt() {
        try (Runs runs = new Runs(Runs.FEDAVG, folder)) {
            Experiment experiment = runs.experiment().at(site);
            byte[] model = ModelBytes.encode(experiment.method().init(1).model());
            LateTask task = new LateTask(RunSetup.of(experiment, ""), model);
            for (int time = 0; time < 2; time++) {
                byte[] answer = JavaSparkContext.fromSparkContext(SparkContext.getOrCreate())
                        .parallelize(List.of(0))
                        .map(task)
                        .collect()
                        .getFirst();
                assertThat(Outcome.decode(answer)).isInstanceOf(Outcome.Tested.class);
            }
        }
    }

    @Test
    void evaluationIsTheLocalRunners() {
        try (Runs runs = new Runs(Runs.FEDAVG, folder);
                Site.Session there = runs.session(site);
                var here = runs.experiment().clients()) {
            var model = runs.rounds((ClientRunner) here, 1).model();

            assertThat(there.evaluate(model)).isEqualTo(here.evaluate(model));
        }
    }
}
