package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code gossamer reproduce} as its users call it. */
class ReproduceTest {

    private static final String FILE = """
            title: A table
            source: A paper
            settings: {dataset: strokes, clients: 2, rounds: 2, epochs: 1, batch: 100}
            cells:
              - {method: fedavg}
              - {method: topk, sparsity: [0.5, 0.9]}
            seeds: [1]
            scales:
              short: {about: "small", time: "seconds"}
            columns: [accuracy, uplink]
            figures:
              - {file: accuracy, title: "Accuracy", x: sparsity, y: accuracy, series: [method]}
            published:
              - {method: topk, sparsity: 0.5, accuracy: 98.7}
            prune: [0.1, 1.0]
            """;

    @TempDir
    Path folder;

    private Cli.Outcome reproduce(String file, String... more) throws IOException {
        Path yaml = Files.writeString(folder.resolve("small.yaml"), file);
        return Cli.run(Stream.concat(
                        Stream.of(
                                "reproduce",
                                yaml.toString(),
                                "--backend",
                                "cpu-vector",
                                "--cells",
                                folder.resolve("cells").toString(),
                                "--out",
                                folder.resolve("out").toString()),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    @Test
    void theTableIsPrintedAndKeptWithFigureAndRawLines() throws IOException {
        Cli.Outcome outcome = reproduce(FILE, "--jobs", "2");

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.err()).contains("3 cells, of which 0 are done", "3/3");
        assertThat(outcome.out())
                .startsWith("| method | sparsity | accuracy % | published | MB up | seeds |")
                .containsPattern("\\| topk \\| 0.5 \\| \\d\\d\\.\\d\\d \\| 98.7 \\|")
                .contains("3 of 3 cells");
        assertThat(Stream.of(
                        "README.md",
                        "table.csv",
                        "cells.csv",
                        "rounds.csv",
                        "pruned.csv",
                        "accuracy.png",
                        "pruned.png"))
                .allSatisfy(
                        file -> assertThat(folder.resolve("out").resolve(file)).isNotEmptyFile());
        assertThat(Files.readString(folder.resolve("out/README.md")))
                .contains("./gossamer reproduce " + folder.resolve("small.yaml") + " --scale short");
        // All weights kept is no pruning: the same accuracy as after the last round.
        String dense =
                Files.readAllLines(folder.resolve("out/table.csv")).get(1).split(",", -1)[3];
        assertThat(Files.readString(folder.resolve("out/pruned.csv"))).contains(",1.00000," + dense + ",");

        Cli.Outcome again = reproduce(FILE);

        assertThat(again.err()).contains("3 cells, of which 3 are done");
        assertThat(again.out()).isEqualTo(outcome.out());
    }

    @Test
    void aReportRunsNothing() throws IOException {
        Cli.Outcome outcome = reproduce(FILE, "--report");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("| fedavg |  |  |  |  | 0 |", "0 of 3 cells");
        assertThat(folder.resolve("cells")).doesNotExist();
    }

    @Test
    void resultsAreLostNeitherToAnotherScaleNorToFewerCells() throws IOException {
        String two =
                FILE.replace("columns:", "  full: {about: \"all\", time: \"long\", settings: {rounds: 3}}\ncolumns:");
        assertThat(reproduce(two).code()).isZero();
        Path table = folder.resolve("out/table.csv");
        String before = Files.readString(table);

        for (Cli.Outcome other : List.of(
                reproduce(two, "--scale", "full", "--report"),
                reproduce(two, "--seeds", "2", "--report"),
                reproduce(two, "--cells", folder.resolve("none").toString(), "--report"))) {
            assertThat(other.code()).as(other.err()).isEqualTo(2);
            assertThat(other.err()).contains("Result folder " + folder.resolve("out") + " has results of", "--out");
            assertThat(table).hasContent(before);
        }
        assertThat(reproduce(two, "--report").code()).isZero();
        assertThat(reproduce(two, "--seeds", "1,2", "--report").code())
                .as("more seeds")
                .isZero();
    }

    @Test
    void foldersThatAreNoResultsAreLeftAlone() throws IOException {
        Path out = Files.createDirectories(folder.resolve("out"));
        Path page = Files.writeString(out.resolve("README.md"), "mine");
        assertRefused(reproduce(FILE), "Result folder " + out + " has a README.md");
        assertThat(page).hasContent("mine");

        Files.writeString(out.resolve("manifest.json"), "{\"gossamer\": \"0.1\"}");
        assertRefused(reproduce(FILE), "Result folder " + out + " has results of something else");
        Path file = Files.createFile(folder.resolve("file"));
        assertRefused(reproduce(FILE, "--out=" + file), "Result folder " + file + " is a file");
        assertRefused(reproduce(FILE, "--out=" + folder.resolve("new"), "--cells=" + file), "--cells is " + file);
    }

    private static void assertRefused(Cli.Outcome outcome, String what) {
        assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
        assertThat(outcome.err()).contains(what).doesNotContain("cells, of which");
    }

    @Test
    void nothingIsBegunWithoutData() throws IOException {
        Path none = Files.createDirectories(folder.resolve("none"));
        String mnist = FILE.replace("strokes", "mnist");

        Cli.Outcome outcome = reproduce(mnist, "--data", none.toString());

        assertRefused(outcome, none.toString());
        assertThat(outcome.err()).containsOnlyOnce("gossamer data fetch mnist");
        assertThat(folder.resolve("out")).doesNotExist();
        assertThat(folder.resolve("cells")).doesNotExist();
        assertThat(reproduce(mnist, "--data", none.toString(), "--report").code())
                .isZero();
    }

    @Test
    void cellsThatFailMakeTheCommandFail() throws IOException {
        Cli.Outcome outcome = reproduce(FILE.replace("{method: fedavg}", "{method: fedavg, partition: natural}"));

        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).contains("fedavg of strokes, natural, seed 1 failed: partition is natural");
        assertThat(outcome.out()).contains("2 of 3 cells");
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        assertThat(Cli.run("reproduce").err()).contains("`gossamer reproduce list` tells what there is");
        assertThat(Cli.run("reproduce", "fedsparsify-table3").err())
                .contains("'fedsparsify-table3'", "fedsparsify-table2");
        assertThat(Cli.run("reproduce", "fedsparsify-table2", "--scale", "tiny").err())
                .contains("there is no scale 'tiny', only full, short");
        assertThat(reproduce(FILE, "--jobs", "0").err()).contains("--jobs is 0, but must be");
        assertThat(reproduce(FILE.replace("rounds: 2", "rounds: 0")).err()).contains("rounds is 0, but must be");
        assertThat(Stream.of(Cli.run("reproduce"), reproduce(FILE, "--jobs", "0")))
                .extracting(Cli.Outcome::code)
                .containsOnly(2);
    }

    @Test
    void everyFileIsListedWithItsSizeAndTime() throws IOException {
        Cli.Outcome outcome = Cli.run("reproduce", "list");

        try (Stream<Path> files = Files.list(Path.of("..", "experiments", "reproduce"))) {
            List<String> names = files.map(file -> file.getFileName().toString().replace(".yaml", ""))
                    .toList();
            assertThat(Reproductions.NAMES).containsExactlyInAnyOrderElementsOf(names);
        }
        assertThat(Reproductions.NAMES)
                .allSatisfy(name -> assertThat(outcome.out())
                        .containsPattern("(?m)^" + name + "  .+\\R +full +\\d+ cells  .+\\R +short +\\d+ cells  .+"));
    }
}
