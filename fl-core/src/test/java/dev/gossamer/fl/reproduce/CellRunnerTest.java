package dev.gossamer.fl.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunResult;
import dev.gossamer.fl.run.RunStoppedException;
import dev.gossamer.fl.run.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grids of small experiments: each cell runs once, whatever happens in between. */
class CellRunnerTest {

    private static final String FILE = """
            title: A table
            source: A paper
            settings: {dataset: strokes, clients: 4, participation: 0.5, rounds: 3, epochs: 1, batch: 100}
            cells:
              - {method: fedavg}
              - {method: fedsparsify-global, sparsity: [0.5, 0.9]}
            seeds: [1, 2]
            scales:
              short: {about: "small", time: "seconds"}
            columns: [accuracy, parameters, deflated, encoded, communication]
            figures:
              - {file: by-sparsity, title: "Accuracy", x: sparsity, y: accuracy, series: [method]}
              - {file: by-round, title: "Accuracy", x: round, y: accuracy, series: [method, sparsity]}
              - {file: by-megabyte, title: "Accuracy", x: megabytes, y: accuracy, series: [method], where: {method: fedavg}}
            published:
              - {method: fedsparsify-global, sparsity: 0.9, accuracy: 99.5}
            """;

    private static final Reproduction TABLE = Reproduction.parse("a-table", FILE, "a-table.yaml", "short", List.of());

    @TempDir
    Path folder;

    private Backends.Choice backend;
    private final Heard heard = new Heard();

    /** What the listener was told. */
    private static final class Heard implements CellListener {

        private final List<String> said = new ArrayList<>();
        private StopSignal stopAfterFirst = new StopSignal();

        @Override
        public void planned(int cells, int done) {
            said.add("planned " + cells + ", done " + done);
        }

        @Override
        public void finished(ExperimentConfig cell, RunResult result) {
            said.add("finished " + cell.method() + " " + cell.seed());
            stopAfterFirst.give();
        }

        @Override
        public void failed(ExperimentConfig cell, RuntimeException why) {
            said.add("failed " + cell.method() + " " + cell.seed() + ": " + why.getMessage());
        }

        @Override
        public void elsewhere(ExperimentConfig cell) {
            said.add("elsewhere " + cell.method() + " " + cell.seed());
        }
    }

    @BeforeEach
    void open() {
        backend = Backends.open("cpu-vector", BackendOptions.defaults());
    }

    @AfterEach
    void close() {
        backend.backend().close();
    }

    private int run(Reproduction table, CellStore store, int jobs, StopSignal stop) {
        try (CellRunner runner = new CellRunner(store, folder, backend, 2, jobs, 1, stop, heard)) {
            return runner.run(table);
        }
    }

    private CellStore store(String name) {
        return new CellStore(folder.resolve(name));
    }

    @Test
    void cellsRunOnceSeedAfterSeed() {
        CellStore store = store("cells");

        assertThat(run(TABLE, store, 1, new StopSignal())).isZero();
        assertThat(run(TABLE, store, 1, new StopSignal())).isZero();

        assertThat(heard.said)
                .containsExactly(
                        "planned 6, done 0",
                        "finished fedavg 1",
                        "finished fedsparsify-global 1",
                        "finished fedsparsify-global 1",
                        "finished fedavg 2",
                        "finished fedsparsify-global 2",
                        "finished fedsparsify-global 2",
                        "planned 6, done 6");
    }

    @Test
    void resultsDependNeitherOnInterruptionsNorOnWhatRunsSideBySide() {
        CellStore whole = store("whole");
        run(TABLE, whole, 1, new StopSignal());
        CellStore parts = store("parts");
        int runs = 0;
        for (boolean done = false; !done; runs++) {
            heard.stopAfterFirst = new StopSignal();
            try {
                run(TABLE, parts, 2, heard.stopAfterFirst);
                done = true;
            } catch (RunStoppedException e) {
                // goes on where it was
            }
        }

        assertThat(runs).isGreaterThan(1);
        assertThat(Tables.rounds(Outcome.of(TABLE, parts))).isEqualTo(Tables.rounds(Outcome.of(TABLE, whole)));
        assertThat(Tables.rows(Outcome.of(TABLE, parts))).isEqualTo(Tables.rows(Outcome.of(TABLE, whole)));
    }

    @Test
    void aCellThatFailsIsNamedAndTheOthersRun() {
        Reproduction table = Reproduction.parse(
                "a-table",
                FILE.replace("{method: fedavg}", "{method: fedavg, partition: natural}"),
                "a-table.yaml",
                "short",
                List.of(1L));

        assertThat(run(table, store("cells"), 1, new StopSignal())).isEqualTo(1);

        assertThat(heard.said).hasSize(4);
        assertThat(heard.said.get(1)).startsWith("failed fedavg 1: partition is natural");
        Outcome outcome = Outcome.of(table, store("cells"));
        assertThat(outcome.done()).isEqualTo(2);
        assertThat(Tables.markdown(outcome).lines().skip(2).findFirst())
                .hasValue("| fedavg | natural |  |  |  |  |  |  |  | 0 |");
    }

    @Test
    void aCellThatAnotherProcessRunsIsLeftToIt() {
        CellStore store = store("cells");
        ExperimentConfig cell = TABLE.rows().getFirst().cells().getFirst();

        try (RunDirectory busy = RunDirectory.create(store.directory(cell), false)) {
            assertThat(busy.path()).exists();
            assertThat(run(TABLE, store, 1, new StopSignal())).isEqualTo(1);
        }

        assertThat(heard.said)
                .contains("elsewhere fedavg 1", "finished fedavg 2")
                .hasSize(7);
        assertThat(run(TABLE, store, 1, new StopSignal())).isZero();
    }

    /** Each runner in a thread stands for a process: locks hold against other channels of the same JVM too. */
    @Test
    void runnersThatBeginTogetherShareTheCellsAndNoneFails() throws Exception {
        CellStore store = store("cells");
        List<Heard> each = new ArrayList<>();
        List<Future<Integer>> runners = new ArrayList<>();
        CountDownLatch begin = new CountDownLatch(4);
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 4; i++) {
                Heard own = new Heard();
                each.add(own);
                runners.add(pool.submit(() -> {
                    begin.countDown();
                    begin.await();
                    try (CellRunner runner = new CellRunner(store, folder, backend, 1, 1, 1, new StopSignal(), own)) {
                        return runner.run(TABLE);
                    }
                }));
            }
        }

        List<String> said = each.stream().flatMap(own -> own.said.stream()).toList();
        assertThat(said).noneMatch(line -> line.startsWith("failed")).anyMatch(line -> line.startsWith("elsewhere"));
        // Who ends last finds all cells done, by whomever.
        List<Integer> left = new ArrayList<>();
        for (Future<Integer> runner : runners) {
            left.add(runner.get());
        }
        assertThat(left).contains(0);
        assertThat(Outcome.of(TABLE, store).done()).isEqualTo(6);
    }

    @Test
    void aDirectoryWithAnotherExperimentIsRefused() throws IOException {
        CellStore store = store("cells");
        run(TABLE, store, 1, new StopSignal());
        Path directory = store.directory(TABLE.rows().getFirst().cells().getFirst());
        Path config = directory.resolve("config.yaml");
        Files.writeString(config, Files.readString(config).replace("lr: 0.1", "lr: 0.2"));

        assertThatThrownBy(() -> run(TABLE, store, 1, new StopSignal()))
                .isInstanceOf(ConfigException.class)
                .hasMessage(directory + " has another experiment than this cell's; move it away");
    }

    @Test
    void theResultFolderHasEverything() throws IOException {
        CellStore store = store("cells");
        run(TABLE, store, 1, new StopSignal());
        Path out = folder.resolve("out");
        List<Figure> painted = new ArrayList<>();

        ResultFolder.write(out, Outcome.of(TABLE, store), "the command", (figure, file) -> painted.add(figure));

        String page = Files.readString(out.resolve("README.md"));
        assertThat(page)
                .startsWith("# A table\n\nSource: A paper\n")
                .contains(
                        "the command",
                        "| scale | short: small |",
                        "| cells | 6 of 6 done |",
                        "![Accuracy](by-round.png)")
                .contains(
                        "| method | sparsity | accuracy % | published | parameters | MB deflated | MB encoded | C.C. (MM) | seeds |")
                .containsPattern(
                        "\\| fedsparsify-global \\| 0.9 \\| \\d\\d\\.\\d\\d ± \\d+\\.\\d\\d \\| 99.5 \\| 11,829 \\| 0\\.05\\d \\| 0\\.0[34]\\d \\| 0 \\| 2 \\|");
        assertThat(Files.readString(out.resolve("manifest.json")))
                .contains("\"command\" : \"the command\"", "\"done\" : 6", "cpu-vector");
        assertThat(Files.readAllLines(out.resolve("cells.csv"))).hasSize(1 + 6);
        assertThat(Files.readAllLines(out.resolve("rounds.csv"))).hasSize(1 + 6 * 3);
        assertThat(Files.readAllLines(out.resolve("table.csv"))).hasSize(1 + 3);
        assertThat(painted).extracting(Figure::file).containsExactly("by-sparsity", "by-round", "by-megabyte");
        // A method without the setting is a line from the first to the last value of the others.
        assertThat(painted.getFirst().series())
                .extracting(series -> series.name() + series.x().length)
                .containsExactly("fedavg2", "fedsparsify-global2");
        assertThat(painted.get(1).series())
                .extracting(Figure.Series::name)
                .containsExactly("fedavg", "fedsparsify-global, 0.5", "fedsparsify-global, 0.9");
        assertThat(painted.get(2).series())
                .singleElement()
                .satisfies(series -> assertThat(series.x()).hasSize(3).isSorted());
    }

    @Test
    void newSettingsDoNotRenameCells() {
        ExperimentConfig cell = ExperimentConfig.resolve(null, Map.of("method", "fedavg", "lr", "0.05"));
        ExperimentConfig same =
                ExperimentConfig.resolve(null, Map.of("method", "fedavg", "lr", "0.05", "momentum", "0"));
        ExperimentConfig other = ExperimentConfig.resolve(null, Map.of("method", "fedavg", "lr", "0.06"));

        assertThat(store("cells").directory(same)).isEqualTo(store("cells").directory(cell));
        assertThat(store("cells").directory(other)).isNotEqualTo(store("cells").directory(cell));
        assertThat(store("cells").directory(cell).getFileName()).hasToString("fedavg-strokes-1990-5a5d71b8");
    }
}
